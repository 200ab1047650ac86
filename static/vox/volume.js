// @ts-check
// How loud the voice is while somebody makes a sound: full, soft, or held, which is silence that
// keeps its place. What is held never stays so: `full` ends it, and so does time.

/** While somebody may be about to interrupt. */
const SOFT = 0.25;

/** Seconds of a change that nobody hears as a click. */
const FADE = 0.03;
const FADE_OUT = 0.02;

/** Milliseconds after which a hold ends by itself: whoever asked for it has forgotten it. */
const LONGEST_HOLD = 10_000;

export class Volume {
  #held = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {AudioContext} context
   * @param {AudioNode} destination
   */
  constructor(context, destination) {
    this.context = context;
    this.node = context.createGain();
    this.node.connect(destination);
  }

  /** Whether the context stands still, or is about to, because of a hold. */
  get isHeld() {
    return this.#held;
  }

  duck() {
    if (!this.#held) this.#fade(SOFT, FADE);
  }

  /** Fall silent; then the context's clock stands still, so that nothing is skipped. */
  hold() {
    if (this.#held) return;
    this.#held = true;
    this.#fade(0, FADE_OUT);
    this.#timer = setTimeout(() => {
      this.context.suspend().catch(() => {});
      this.#timer = setTimeout(() => this.resume(), LONGEST_HOLD);
    }, FADE_OUT * 1000);
  }

  /** Go on from the same place. */
  resume() {
    this.#release();
    this.#fade(1, FADE);
  }

  /** As if nothing had been; for when there is no sound to fade. */
  full() {
    this.#release();
    this.node.gain.cancelScheduledValues(0);
    this.node.gain.setValueAtTime(1, this.context.currentTime);
  }

  #release() {
    if (!this.#held) return;
    this.#held = false;
    clearTimeout(this.#timer);
    // Also while it is still running: it may have been asked to stand still just now.
    this.context.resume().catch(() => {});
  }

  /**
   * @param {number} gain
   * @param {number} seconds until it is all but there
   */
  #fade(gain, seconds) {
    const now = this.context.currentTime;
    this.node.gain.cancelScheduledValues(now);
    this.node.gain.setTargetAtTime(gain, now, seconds / 4);
  }
}
