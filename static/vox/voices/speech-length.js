// @ts-check
// How much somebody has spoken so far, told from how loud the microphone's frames are. The server
// measures again, with a network that knows voices; this is so that one knows when to stop reading.

/** Seconds of speech that the server wants more than, and those that are enough beyond doubt. */
export const NEEDED = 5;
export const ENOUGH = 8;

/** RMS below which nothing counts as speech, and above which everything does. */
const FAINTEST = 0.002;
const CLEAR = 0.05;

/** Speech is this much louder than the room. */
const CONTRAST = 3;

/** Seconds of a pause that belongs to the speech around it. */
const SHORT_PAUSE = 0.4;

/** The room is as loud as the quietest tenth of what was heard. */
const QUIETEST = 0.1;

/** Steps of loudness, in decibels from -90 to 0. */
const STEPS = 90;

export class SpeechLength {
  seconds = 0;
  #pause = Infinity;
  #frames = 0;
  /** How many frames there were of each loudness. */
  #loudness = new Uint32Array(STEPS + 1);

  /**
   * @param {number} level RMS of a frame, 0 to 1
   * @param {number} seconds length of the frame
   * @returns {boolean} whether it is taken for speech
   */
  heard(level, seconds) {
    this.#frames++;
    this.#loudness[step(level)]++;
    if (level < this.#threshold()) {
      this.#pause += seconds;
      return false;
    }
    this.seconds += seconds + (this.#pause <= SHORT_PAUSE ? this.#pause : 0);
    this.#pause = 0;
    return true;
  }

  #threshold() {
    let quieter = 0;
    let at = 0;
    while (at < STEPS && (quieter += this.#loudness[at]) < this.#frames * QUIETEST) at++;
    const room = 10 ** ((at - STEPS) / 20);
    return Math.min(CLEAR, Math.max(FAINTEST, CONTRAST * room));
  }
}

/** @param {number} level */
function step(level) {
  return Math.max(0, Math.min(STEPS, Math.round(20 * Math.log10(Math.max(level, 1e-9)) + STEPS)));
}
