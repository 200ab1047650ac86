// @ts-check
// Reading aloud into the microphone: the button, the level, and how much has been spoken.

/** @import {Session} from '../session.js' */
/** @import {Sound} from './take.js' */

import { microphoneProblem } from '../sentences.js';
import { byId, setIcon, setText } from '../view/dom.js';
import { loudness } from '../view/ring.js';
import { ENOUGH, NEEDED } from './speech-length.js';
import { Take } from './take.js';

/** Seconds of speech at which the bar is full. */
const FULL = 20;

const UNTIL_THE_MARK = 'Read at least until the mark; all of it is best.';
const LOST = 'The microphone went away. This is what I had heard until then.';
const TOO_SHORT = `I need more than ${NEEDED} seconds of speech. Press Record, and read until I say that it is enough.`;

/**
 * @typedef {object} RecorderListener
 * @property {() => void} began
 * @property {(sound: Sound) => void} recorded
 * @property {(sentence: string) => void} trouble "" where there is none any more
 */

export class Recorder {
  #button = byId('record-voice', HTMLButtonElement);
  #level = byId('voice-level', HTMLElement);
  #length = byId('voice-length', HTMLElement);
  #seconds = byId('voice-seconds', HTMLElement);
  #enough = byId('voice-enough', HTMLElement);
  #bar;
  /** @type {Take | null} */
  #take = null;
  /** Ends the quiet that a recording needs. */
  #endQuiet = () => {};

  /**
   * @param {Session} session
   * @param {RecorderListener} listener
   */
  constructor(session, listener) {
    this.session = session;
    this.listener = listener;
    const bar = this.#length.querySelector('.voice-length-now');
    const mark = this.#length.querySelector('.voice-length-mark');
    mark?.setAttribute('x', String((100 * ENOUGH) / FULL));
    this.#bar = bar;
    this.#button.addEventListener('click', () => this.#press());
    this.#show('off');
    addEventListener('pagehide', () => this.discard());
  }

  /** End the recording under way and keep it; harmless when there is none. */
  finish() {
    this.#take?.finish();
    this.#over();
  }

  /** The microphone is off, and what it heard is gone; harmless when there is none. */
  discard() {
    this.#take?.discard();
    this.#over();
  }

  #press() {
    if (this.#take !== null) {
      this.finish();
      return;
    }
    this.listener.trouble('');
    this.listener.began();
    this.#endQuiet = quiet(this.session);
    const take = new Take({
      began: () => this.#show('on'),
      heard: (level, seconds) => this.#heard(level, seconds),
      ended: (sound, lost) => this.#ended(sound, lost),
      failed: (problem) => {
        this.#over();
        this.listener.trouble(microphoneProblem(problem, 'press Record again'));
      },
    });
    this.#take = take;
    this.#show('opening');
    void take.start();
  }

  /**
   * @param {number} level
   * @param {number} seconds of speech so far
   */
  #heard(level, seconds) {
    this.#level.style.setProperty('--input', loudness(level).toFixed(3));
    this.#bar?.setAttribute('width', String(Math.min(100, (100 * seconds) / FULL)));
    setText(this.#seconds, `${Math.floor(seconds)} s of speech`);
    const isEnough = seconds >= ENOUGH;
    this.#length.classList.toggle('enough', isEnough);
    setText(this.#enough, isEnough ? 'Long enough' : '');
  }

  /**
   * @param {Sound} sound
   * @param {boolean} lost
   */
  #ended(sound, lost) {
    this.#over();
    if (sound.speechSeconds < NEEDED) this.listener.trouble(TOO_SHORT);
    else this.listener.recorded(sound);
    if (lost) this.listener.trouble(LOST);
  }

  #over() {
    this.#take = null;
    this.#endQuiet();
    this.#endQuiet = () => {};
    this.#show('off');
  }

  /** @param {'off' | 'opening' | 'on'} phase */
  #show(phase) {
    const label = { off: 'Record', opening: 'Opening the microphone…', on: 'Stop' }[phase];
    this.#button.setAttribute('aria-pressed', String(phase !== 'off'));
    setText(/** @type {Element} */ (this.#button.lastElementChild), label);
    setIcon(/** @type {Element} */ (this.#button.firstElementChild), phase === 'off' ? 'icon-mic' : 'icon-square');
    this.#heard(0, 0);
    if (phase === 'off') setText(this.#seconds, UNTIL_THE_MARK);
  }
}

/**
 * What is read aloud is not said to VOX, and VOX does not speak into it.
 * @param {Session} session
 * @returns {() => void} ends it
 */
function quiet(session) {
  session.silence();
  const { handsFree, muted } = session.state;
  if (handsFree !== 'on' || muted) return () => {};
  session.switchMute();
  return () => {
    if (session.state.muted) session.switchMute();
  };
}
