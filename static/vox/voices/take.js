// @ts-check
// One recording of a voice: the microphone is on from `start` until its one end, however that comes.

/** @import {Capture} from '../microphone.js' */

import { DEVICE_RATE, openMicrophone, UNTOUCHED } from '../microphone.js';
import { SpeechLength } from './speech-length.js';

/** Seconds after which a recording ends by itself: more is of no use. */
export const LONGEST = 60;

/**
 * @typedef {object} Sound
 * @property {Float32Array<ArrayBuffer>} samples
 * @property {number} rate Hz
 * @property {number} speechSeconds
 *
 * @typedef {object} TakeListener
 * @property {() => void} began the microphone is on
 * @property {(level: number, speechSeconds: number) => void} heard every 32 ms; the level is an RMS
 * @property {(sound: Sound, lost: boolean) => void} ended `lost`: the microphone went away
 * @property {(problem: unknown) => void} failed the microphone could not be opened
 */

export class Take {
  #speech = new SpeechLength();
  /** @type {Float32Array[]} */
  #frames = [];
  #length = 0;
  #over = false;
  /** @type {Capture | null} */
  #capture = null;

  /**
   * @param {TakeListener} listener
   * @param {() => Promise<Capture>} [open]
   */
  constructor(listener, open = () => openMicrophone(UNTOUCHED, DEVICE_RATE)) {
    this.listener = listener;
    this.open = open;
  }

  /** Call this inside a press. */
  async start() {
    try {
      const capture = await this.open();
      if (this.#over) {
        capture.release();
        return;
      }
      this.#capture = capture;
      capture.start(
        (samples, level) => this.#heard(capture, samples, level),
        () => this.#end(true),
      );
    } catch (problem) {
      if (this.#over) return;
      this.discard();
      this.listener.failed(problem);
      return;
    }
    if (!this.#over) this.listener.began();
  }

  /** End it and keep it; one whose microphone is not on yet is called off. */
  finish() {
    this.#end(false);
  }

  /** End it and throw it away; harmless when it is over. */
  discard() {
    this.#over = true;
    this.#capture?.release();
    this.#capture = null;
  }

  /**
   * @param {Capture} capture
   * @param {Float32Array} samples
   * @param {number} level
   */
  #heard(capture, samples, level) {
    if (this.#over) return;
    this.#frames.push(samples);
    this.#length += samples.length;
    this.#speech.heard(level, samples.length / capture.rate);
    this.listener.heard(level, this.#speech.seconds);
    if (this.#length >= LONGEST * capture.rate) this.#end(false);
  }

  /** @param {boolean} lost */
  #end(lost) {
    const capture = this.#capture;
    if (this.#over || capture === null) {
      this.discard();
      return;
    }
    this.discard();
    this.listener.ended({ samples: this.#joined(), rate: capture.rate, speechSeconds: this.#speech.seconds }, lost);
  }

  #joined() {
    const samples = new Float32Array(this.#length);
    let at = 0;
    for (const frame of this.#frames) {
      samples.set(frame, at);
      at += frame.length;
    }
    return samples;
  }
}
