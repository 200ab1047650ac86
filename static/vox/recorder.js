// @ts-check
// Recordings one after the other, at most one at a time.

/** @import {RecordingPhase} from './conversation/state.js' */
/** @import {Capture, RecordingEnd} from './recording.js' */

import { openMicrophone } from './microphone.js';
import { Recording } from './recording.js';

/**
 * @typedef {object} RecorderListener
 * @property {(phase: RecordingPhase) => void} phase
 * @property {(rate: number) => void} opened comes before the first frame
 * @property {(samples: Float32Array) => void} frame
 * @property {(level: number) => void} level
 * @property {(end: RecordingEnd) => void} ended
 * @property {(problem: unknown) => void} failed the microphone could not be opened
 */

export class Recorder {
  /**
   * The try to open the microphone that is under way, if any.
   * @type {object | null}
   */
  #attempt = null;
  /** @type {Recording | null} */
  #recording = null;

  /**
   * @param {RecorderListener} listener
   * @param {() => Promise<Capture>} [open]
   */
  constructor(listener, open = openMicrophone) {
    this.listener = listener;
    this.open = open;
  }

  /** Whether a recording is under way, or being begun or ended. */
  get busy() {
    return this.#attempt !== null || this.#recording !== null;
  }

  /** Begin; when busy, nothing happens. */
  async start() {
    if (this.busy) return;
    const attempt = {};
    this.#attempt = attempt;
    this.listener.phase('starting');
    /** @type {Capture} */
    let capture;
    try {
      capture = await this.open();
    } catch (problem) {
      if (this.#attempt !== attempt) return;
      this.#attempt = null;
      this.listener.phase('off');
      this.listener.failed(problem);
      return;
    }
    if (this.#attempt !== attempt) {
      // Called off while the browser was asking.
      capture.release();
      return;
    }
    this.#attempt = null;
    this.#record(capture);
  }

  /** End the recording and keep it; one that has not begun is called off. */
  finish() {
    if (this.#attempt !== null) this.discard();
    else void this.#recording?.finish();
  }

  /** End the recording and throw it away; harmless when there is none. */
  discard() {
    if (this.#attempt !== null) {
      this.#attempt = null;
      this.listener.phase('off');
    }
    this.#recording?.discard();
  }

  /** @param {Capture} capture */
  #record(capture) {
    const { listener } = this;
    const recording = new Recording(capture, {
      frame: listener.frame,
      level: listener.level,
      finishing: () => listener.phase('finishing'),
      ended: (end) => {
        if (this.#recording === recording) this.#recording = null;
        listener.ended(end);
        listener.phase('off');
      },
    });
    this.#recording = recording;
    try {
      listener.opened(capture.rate);
      recording.start();
      listener.phase('on');
    } catch (problem) {
      recording.discard();
      listener.failed(problem);
    }
  }
}
