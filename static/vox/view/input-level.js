// @ts-check
// The level of the microphone: of the one that the conversation has open, or of one opened for a look.

/** @import {Capture} from '../microphone.js' */

import { openMicrophone } from '../microphone.js';
import { microphoneProblem } from '../sentences.js';
import { setText } from './dom.js';
import { loudness } from './ring.js';

/** RMS from which on it is worth saying that something is heard: -40 dB. */
const HEARD = 0.01;

/** Milliseconds without a level after which the conversation's microphone counts as off. */
const PATIENCE = 500;

/** RMS below which a microphone gives nothing at all, and for how many frames (32 ms each) it may. */
const FAINTEST = 0.001;
const SILENT_FRAMES = 94;

const WORDS = {
  off: 'The microphone is off.',
  opening: 'Opening the microphone…',
  quiet: 'Say something.',
  heard: 'I hear you.',
  silent: 'I hear nothing at all. Is the microphone muted, or is another one to be used?',
  lost: 'The microphone went away.',
};

/**
 * @typedef {object} Place where it is shown
 * @property {HTMLElement} meter
 * @property {HTMLElement} words
 * @property {HTMLButtonElement} button begins and ends a look; its text says what it begins
 *
 * @typedef {object} LevelListener
 * @property {() => void} permitted the page may use the microphone now
 * @property {() => void} [heard] somebody can be heard
 */

export class InputLevel {
  /**
   * The look under way: null until its microphone is open.
   * @type {{capture: Capture | null} | null}
   */
  #check = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} runs while the conversation's microphone is open */
  #timer;
  /** Frames without any sound since there was some. */
  #silent = 0;

  /**
   * @param {Place} place
   * @param {LevelListener} listener
   * @param {() => Promise<Capture>} [open]
   */
  constructor(place, listener, open = openMicrophone) {
    this.place = place;
    this.listener = listener;
    this.open = open;
    this.begins = place.button.textContent ?? '';
    place.button.addEventListener('click', () => {
      if (this.#check === null) void this.#begin();
      else this.end();
    });
  }

  /** It can be seen from now on. */
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
    this.place.button.hidden = true;
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
      this.listener.permitted();
    } catch (problem) {
      this.#fail(check, microphoneProblem(problem, `press ${this.begins} again`));
    }
  }

  /**
   * @param {object} check
   * @param {string} sentence
   */
  #fail(check, sentence) {
    if (this.#check !== check) return;
    this.end();
    setText(this.place.words, sentence);
  }

  /** @param {keyof typeof WORDS} what */
  #say(what) {
    const { meter, words, button } = this.place;
    setText(words, WORDS[what]);
    button.hidden = false;
    setText(button, this.#check === null ? this.begins : 'Stop checking');
    meter.style.setProperty('--input', '0');
    this.#silent = 0;
  }

  /** @param {number} rms */
  #draw(rms) {
    this.place.meter.style.setProperty('--input', loudness(rms).toFixed(3));
    this.#silent = rms > FAINTEST ? 0 : this.#silent + 1;
    if (this.#silent === SILENT_FRAMES) setText(this.place.words, WORDS.silent);
    if (rms <= HEARD) return;
    setText(this.place.words, WORDS.heard);
    this.listener.heard?.();
  }
}
