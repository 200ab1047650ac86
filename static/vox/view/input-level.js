// @ts-check
// The level of the microphone in the settings: of the one that the conversation has open, or of one
// opened for a look, which is off again when the sheet is closed.

/** @import {Capture} from '../microphone.js' */

import { openMicrophone } from '../microphone.js';
import { microphoneProblem } from '../sentences.js';
import { byId, setText } from './dom.js';
import { loudness } from './ring.js';

/** RMS from which on it is worth saying that something is heard: -40 dB. */
const HEARD = 0.01;

/** Milliseconds without a level after which the conversation's microphone counts as off. */
const PATIENCE = 500;

const WORDS = {
  off: 'The microphone is off.',
  opening: 'Opening the microphone…',
  quiet: 'Say something.',
  heard: 'I hear you.',
  lost: 'The microphone went away.',
};

export class InputLevel {
  #meter = byId('input-level', HTMLElement);
  #words = byId('input-level-words', HTMLElement);
  #button = byId('check-microphone', HTMLButtonElement);
  /**
   * The look under way: null until its microphone is open.
   * @type {{capture: Capture | null} | null}
   */
  #check = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} runs while the conversation's microphone is open */
  #timer;

  /**
   * @param {() => Promise<Capture>} [open]
   * @param {() => void} [permitted] the page may use the microphone now
   */
  constructor(open = openMicrophone, permitted = () => {}) {
    this.open = open;
    this.permitted = permitted;
    this.#button.addEventListener('click', () => {
      if (this.#check === null) void this.#begin();
      else this.end();
    });
  }

  /** The sheet is open. */
  show() {
    this.#say('off');
  }

  /**
   * What the conversation's microphone hears.
   * @param {number} rms
   */
  heard(rms) {
    if (this.#check !== null) this.end();
    if (this.#timer === undefined) this.#say('quiet');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), PATIENCE);
    this.#button.hidden = true;
    this.#draw(rms);
  }

  /** Another microphone was chosen. */
  recheck() {
    if (this.#check === null) return;
    this.end();
    void this.#begin();
  }

  /** The microphone that was opened for a look is off. */
  end() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#check?.capture?.release();
    this.#check = null;
    this.#say('off');
  }

  async #begin() {
    /** @type {{capture: Capture | null}} */
    const check = { capture: null };
    this.#check = check;
    this.#say('opening');
    try {
      const capture = await this.open();
      if (this.#check !== check) {
        capture.release();
        return;
      }
      check.capture = capture;
      capture.start(
        (_samples, rms) => this.#draw(rms),
        () => this.#fail(check, WORDS.lost),
      );
      this.#say('quiet');
      this.permitted();
    } catch (problem) {
      this.#fail(check, microphoneProblem(problem, 'press Check microphone again'));
    }
  }

  /**
   * @param {object} check
   * @param {string} sentence
   */
  #fail(check, sentence) {
    if (this.#check !== check) return;
    this.end();
    setText(this.#words, sentence);
  }

  /** @param {keyof typeof WORDS} what */
  #say(what) {
    setText(this.#words, WORDS[what]);
    this.#button.hidden = false;
    setText(this.#button, this.#check === null ? 'Check microphone' : 'Stop checking');
    if (what !== 'heard') this.#meter.style.setProperty('--input', '0');
  }

  /** @param {number} rms */
  #draw(rms) {
    if (rms > HEARD) setText(this.#words, WORDS.heard);
    this.#meter.style.setProperty('--input', loudness(rms).toFixed(3));
  }
}
