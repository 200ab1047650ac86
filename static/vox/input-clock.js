// @ts-check
// When the microphone's samples were recorded, by the page's clock.
//
// The server counts the milliseconds of sound it was sent in a session; what it says of them is turned
// back into time here. A frame may come late, when the page is busy, but never early, so of the frames
// that follow each other without a gap the earliest to come tells the time of all of them.

/** Milliseconds of sound in a stretch; the audio device's clock and the page's slowly drift apart. */
const LONGEST = 10_000;

/** Milliseconds that two stretches without a gap between them may have drifted apart. */
const DRIFT = 1;

/** A frame this many milliseconds later than the sound before it ended follows a gap. */
const GAP = 500;

/** Stretches kept: some ten minutes of speaking without a pause. */
const KEPT = 64;

/**
 * @typedef {object} Stretch
 * @property {number} from milliseconds of sound before it
 * @property {number} to
 * @property {number} zero when the session's first sample would have been recorded, had there been no gap
 */

export class InputClock {
  /** @type {Stretch[]} */
  #stretches = [];
  #sent = 0;

  /** Milliseconds of sound sent in this session. */
  get sent() {
    return this.#sent;
  }

  /**
   * A frame was sent.
   * @param {number} length in milliseconds
   * @param {number} now when its last sample came, by performance.now()
   */
  sentFrame(length, now) {
    const from = this.#sent;
    this.#sent += length;
    const zero = now - this.#sent;
    const last = this.#stretches.at(-1);
    const follows = last !== undefined && zero - last.zero < GAP;
    if (follows && this.#sent - last.from <= LONGEST) {
      last.to = this.#sent;
      last.zero = Math.min(last.zero, zero);
      return;
    }
    const earliest = follows ? Math.min(zero, last.zero + DRIFT) : zero;
    this.#stretches.push({ from, to: this.#sent, zero: earliest });
    if (this.#stretches.length > KEPT) this.#stretches.shift();
  }

  /**
   * When the sample was recorded that comes after `ms` of the session's sound.
   * @param {number} ms
   * @returns {number | null} comparable with performance.now(); null when it is not known (any more)
   */
  timeOf(ms) {
    const stretch = this.#stretches.find(({ from, to }) => from <= ms && ms <= to);
    return stretch === undefined ? null : stretch.zero + ms;
  }

  /** A new session counts from 0. */
  restart() {
    this.#stretches = [];
    this.#sent = 0;
  }
}
