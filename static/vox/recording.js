// @ts-check
// One recording, from the first frame to its end, which comes once.

/**
 * @typedef {object} Capture an open microphone
 * @property {number} rate Hz
 * @property {(frame: (samples: Float32Array, level: number) => void, lost: () => void) => void} start
 * @property {() => Promise<void>} flush what the microphone has heard so far comes as a last frame
 * @property {() => void} release the microphone is off; harmless when it is already
 *
 * @typedef {object} RecordingListener
 * @property {(samples: Float32Array) => void} frame
 * @property {(level: number) => void} level RMS, 0 to 1
 * @property {() => void} finishing it will end as finished, unless it is discarded before
 * @property {(end: RecordingEnd) => void} ended
 *
 * @typedef {object} RecordingEnd
 * @property {'finished' | 'discarded'} how
 * @property {boolean} lost the microphone went away
 * @property {number} seconds handed to `frame`
 */

/** Milliseconds that the last frame may take; a dead audio thread must not hold up the rest. */
const FLUSH_PATIENCE = 250;

export class Recording {
  /**
   * Whether the end has been processed. Whatever ends a recording - the button, a lost microphone,
   * Stop All, the same event twice - the first one to get here is the only one that counts.
   */
  onstopProcessed = false;
  #finishing = false;
  #lost = false;
  #samples = 0;

  /**
   * @param {Capture} capture
   * @param {RecordingListener} listener
   */
  constructor(capture, listener) {
    this.capture = capture;
    this.listener = listener;
  }

  start() {
    this.capture.start(
      (samples, level) => this.#frame(samples, level),
      () => this.#lose(),
    );
  }

  /** End the recording and keep it. */
  async finish() {
    if (this.onstopProcessed || this.#finishing) return;
    this.#finishing = true;
    this.listener.finishing();
    await Promise.race([this.capture.flush(), pause(FLUSH_PATIENCE)]);
    this.#end('finished');
  }

  /** End the recording and throw it away, even while it is finishing. */
  discard() {
    this.#end('discarded');
  }

  /**
   * @param {Float32Array} samples
   * @param {number} level
   */
  #frame(samples, level) {
    if (this.onstopProcessed) return;
    this.#samples += samples.length;
    this.listener.frame(samples);
    this.listener.level(level);
  }

  #lose() {
    if (!this.#finishing) this.#lost = true;
    void this.finish();
  }

  /** @param {'finished' | 'discarded'} how */
  #end(how) {
    if (this.onstopProcessed) return;
    this.onstopProcessed = true;
    this.capture.release();
    this.listener.ended({ how, lost: this.#lost, seconds: this.#samples / this.capture.rate });
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
