// @ts-check
// One recording, from the press that begins it to its end, which comes once.

/** @import {RecordingPhase} from './conversation/state.js' */
/** @import {Input} from './input.js' */

/**
 * @typedef {object} RecordingListener
 * @property {(phase: RecordingPhase) => void} phase
 * @property {(end: RecordingEnd) => void} ended what was recorded
 * @property {(problem: unknown) => void} failed the microphone could not be opened
 *
 * @typedef {object} RecordingEnd
 * @property {'finished' | 'discarded'} how
 * @property {boolean} lost the microphone went away
 * @property {number} seconds sent
 */

/** Milliseconds that the last frame may take; a dead audio thread must not hold up the rest. */
const FLUSH_PATIENCE = 250;

export class Recording {
  /**
   * Whether the end has been processed. Whatever ends a recording - the button, the key, a lost
   * microphone, Stop All, the same event twice - the first one to get here is the only one that counts.
   */
  onstopProcessed = false;
  /** Its end is told by a press, never found by the server. */
  detection = null;
  #on = false;
  #finishing = false;
  #lost = false;
  #seconds = 0;

  /**
   * @param {Pick<Input, 'take' | 'drop' | 'flush'>} input
   * @param {RecordingListener} listener
   */
  constructor(input, listener) {
    this.input = input;
    this.listener = listener;
  }

  get wantsFrames() {
    return this.#on && !this.onstopProcessed;
  }

  /** Call this inside a press. */
  async start() {
    this.listener.phase('starting');
    try {
      await this.input.take(this);
    } catch (problem) {
      if (this.onstopProcessed) return;
      this.#end('discarded');
      this.listener.failed(problem);
      return;
    }
    if (this.onstopProcessed) return;
    this.#on = true;
    this.listener.phase('on');
  }

  /** End the recording and keep it; one that has not begun is called off. */
  async finish() {
    if (this.onstopProcessed || this.#finishing) return;
    if (!this.#on) {
      this.discard();
      return;
    }
    this.#finishing = true;
    this.listener.phase('finishing');
    await Promise.race([this.input.flush(), pause(FLUSH_PATIENCE)]);
    this.#end('finished');
  }

  /** End the recording and throw it away, even while it is finishing. */
  discard() {
    this.#end('discarded');
  }

  /** @param {number} seconds */
  sent(seconds) {
    this.#seconds += seconds;
  }

  lost() {
    if (!this.#finishing) this.#lost = true;
    void this.finish();
  }

  /** @param {RecordingEnd['how']} how */
  #end(how) {
    if (this.onstopProcessed) return;
    this.onstopProcessed = true;
    try {
      if (this.#on) this.listener.ended({ how, lost: this.#lost, seconds: this.#seconds });
    } finally {
      this.input.drop(this);
      this.listener.phase('off');
    }
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
