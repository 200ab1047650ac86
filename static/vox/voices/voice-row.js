// @ts-check
// One voice in the list: choose it, hear it, and what else can be done with it.

/** @import {Voice} from './library.js' */
/** @import {Heard} from './audition.js' */

import { button, element, icon, setIcon, setText } from '../view/dom.js';
import { picture } from './waveform.js';

/**
 * @typedef {object} VoiceActions
 * @property {(voice: Voice) => void} choose for this conversation
 * @property {(voice: Voice) => void} preview begin or end it
 * @property {(voice: Voice) => void} listen to its recording, or end that
 * @property {(voice: Voice) => void} makeDefault
 * @property {(voice: Voice, name: string) => void} rename
 * @property {(voice: Voice) => void} remove
 */

const HEAR = 'Hear recording';

/** @param {Voice} voice */
export const previewOf = ({ id }) => `preview ${id}`;
/** @param {Voice} voice */
export const recordingOf = ({ id }) => `recording ${id}`;

export class VoiceRow {
  #play;
  #listen;
  #words;
  #radio;
  #more;
  #moreButton;

  /**
   * @param {Voice} voice
   * @param {VoiceActions} actions
   */
  constructor(voice, actions) {
    this.voice = voice;
    this.actions = actions;
    this.#words = element('span', 'option-why', costs(voice));
    this.#radio = radio(voice, () => actions.choose(voice));
    this.#play = iconButton('icon-play', `Preview ${voice.name}`, () => actions.preview(voice));
    this.#play.disabled = !voice.usable;
    this.#listen = button(HEAR, 'small-button', () => actions.listen(voice));
    this.#more = element('div', 'voice-more');
    this.#more.hidden = true;
    this.#moreButton = this.#makeMoreButton();
    this.element = element('div', 'voice-row', this.#choice(), this.#play, this.#moreButton, this.#more);
    if (voice.waveform.length > 0) this.element.append(picture(voice.waveform));
    this.element.dataset.voice = voice.id;
    this.#showActions();
  }

  /**
   * @param {Voice} voice
   * @returns {boolean} whether that is what is seen here, and all of it
   */
  shows(voice) {
    return JSON.stringify(voice) === JSON.stringify(this.voice);
  }

  focus() {
    (this.voice.usable ? this.#radio : this.#moreButton).focus();
  }

  /** Whether it speaks in this conversation. */
  set chosen(/** @type {boolean} */ chosen) {
    this.#radio.checked = chosen;
  }

  /**
   * What sounds now.
   * @param {Heard | null} heard
   */
  render(heard) {
    const isPreview = heard?.key === previewOf(this.voice);
    const isRecording = heard?.key === recordingOf(this.voice);
    setIcon(/** @type {Element} */ (this.#play.firstElementChild), isPreview ? 'icon-square' : 'icon-play');
    this.#play.setAttribute('aria-label', `${isPreview ? 'Stop the preview of' : 'Preview'} ${this.voice.name}`);
    this.element.classList.toggle('sounds', isPreview || isRecording);
    setText(this.#listen, isRecording ? 'Stop' : HEAR);
    setText(this.#words, isPreview && heard?.phase === 'coming' ? coming(this.voice) : costs(this.voice));
  }

  #choice() {
    const title = element('span', '', element('span', 'voice-name', this.voice.name));
    if (this.voice.is_default) title.append(' ', element('span', 'tag', 'Default'));
    return element('label', 'option voice-choice', this.#radio, title, this.#words);
  }

  #makeMoreButton() {
    const press = iconButton('icon-more', `More about ${this.voice.name}`, () => {
      this.#more.hidden = !this.#more.hidden;
      press.setAttribute('aria-expanded', String(!this.#more.hidden));
      this.#showActions();
    });
    press.setAttribute('aria-expanded', 'false');
    press.hidden = this.voice.kind === 'built_in' && this.voice.is_default;
    return press;
  }

  /** What can be done with it, as buttons. */
  #showActions() {
    const { voice, actions } = this;
    const buttons = [];
    if (voice.kind === 'recorded') buttons.push(this.#listen);
    if (!voice.is_default) {
      buttons.push(button('Make default', 'small-button', () => actions.makeDefault(voice)));
    }
    if (voice.kind === 'recorded') {
      buttons.push(button('Rename', 'small-button', () => this.#askName()));
      buttons.push(button('Delete', 'small-button', () => this.#askWhetherToDelete()));
    }
    this.#more.replaceChildren(...buttons);
  }

  #askName() {
    const field = element('input', 'field');
    field.value = this.voice.name;
    field.maxLength = 60;
    field.setAttribute('aria-label', `New name for ${this.voice.name}`);
    const save = element('button', 'small-button', 'Save');
    const form = element('form', 'voice-rename', field, save, button('Cancel', 'small-button', () => this.#back()));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.actions.rename(this.voice, field.value);
    });
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.#back();
    });
    this.#more.replaceChildren(form);
    field.select();
  }

  #askWhetherToDelete() {
    const question = element('p', 'voice-question', `Delete ${this.voice.name}? It cannot be brought back.`);
    const no = button('Keep', 'small-button', () => this.#back());
    const yes = button('Delete for good', 'small-button alarming', () => this.actions.remove(this.voice));
    this.#more.replaceChildren(question, yes, no);
    no.focus();
  }

  #back() {
    this.#showActions();
    this.#more.querySelector('button')?.focus();
  }
}

/**
 * @param {Voice} voice
 * @param {() => void} choose
 */
function radio(voice, choose) {
  const made = element('input', '');
  made.type = 'radio';
  made.name = 'voice';
  made.value = voice.id;
  made.disabled = !voice.usable;
  made.addEventListener('change', choose);
  return made;
}

/**
 * @param {string} symbol
 * @param {string} label
 * @param {() => void} press
 */
function iconButton(symbol, label, press) {
  const made = button('', 'plain', press);
  made.append(icon(symbol));
  made.setAttribute('aria-label', label);
  return made;
}

/**
 * What it is, and what it costs.
 * @param {Voice} voice
 */
function costs({ kind, engine, usable, why_not: whyNot, seconds, prepared, prepare_seconds: took }) {
  if (kind === 'built_in') return `Comes with ${engine}`;
  const length = `Recorded, ${Math.round(seconds ?? 0)}\u00a0s`;
  if (!usable) return `${length}. ${whyNot}`;
  if (!prepared) return `${length}. Its first use takes a moment, to learn it.`;
  return took === null ? `${length}. Learned.` : `${length}. Learned in ${took.toFixed(1)}\u00a0s.`;
}

/** @param {Voice} voice */
function coming({ prepared }) {
  return prepared ? 'Speaking…' : 'Learning this voice, for its first use…';
}
