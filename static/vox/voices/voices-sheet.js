// @ts-check
// The sheet with the voices: the list, who speaks in this conversation, and the way to a new one.

/** @import {State} from '../conversation/state.js' */
/** @import {Session} from '../session.js' */
/** @import {Voice} from './library.js' */

import { byId, setText } from '../view/dom.js';
import { Sheet } from '../view/sheet.js';
import { Adding } from './adding.js';
import { Audition } from './audition.js';
import * as library from './library.js';
import { VoiceRow, previewOf, recordingOf } from './voice-row.js';

export class VoicesSheet {
  #sheet = new Sheet('voices', { opened: () => void this.#refresh(), closed: () => this.#closed() });
  #list = byId('voice-library', HTMLElement);
  #rows = byId('voice-rows', HTMLElement);
  #trouble = byId('voice-trouble', HTMLElement);
  #news = byId('voice-news', HTMLElement);
  #add = byId('add-voice', HTMLButtonElement);
  /** @type {VoiceRow[]} */
  #shown = [];
  /** @type {Voice[]} */
  #voices = [];
  /** The voice of this conversation: an id, or 'default'. */
  #chosen = 'default';

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    this.audition = new Audition(session.player, () => this.#showSound());
    this.adding = new Adding(session, this.audition, {
      added: (voice, remark) => void this.#added(voice, remark),
      left: () => this.#showList(),
    });
    this.#add.addEventListener('click', () => {
      this.audition.stop();
      this.#list.hidden = true;
      this.adding.show();
    });
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render(state, before) {
    if (state.voice !== this.#chosen) {
      this.#chosen = state.voice;
      this.#showChosen();
    }
    // Whatever was told meanwhile was not heard here.
    const isBack = state.connection === 'open' && before.connection === 'lost';
    const is = state.models?.tts;
    const was = before.models?.tts;
    const changed = is?.state !== was?.state || is?.name !== was?.name;
    if (isBack || changed) this.changed();
  }

  /** The voices are not what they were, here or in another tab. */
  changed() {
    if (this.#sheet.isOpen) void this.#refresh();
  }

  #closed() {
    this.audition.stop();
    this.adding.pause();
    setText(this.#news, '');
  }

  /** @param {string} [focus] the id of a voice to go to */
  async #refresh(focus) {
    try {
      this.#voices = await library.list();
      setText(this.#trouble, '');
      this.#show();
    } catch (problem) {
      this.#tell(problem);
    }
    if (focus) this.#rowOf(focus)?.focus();
  }

  /** Show the voices. What is as it was stays as it is, with whatever somebody has begun in it. */
  #show() {
    const shown = this.#voices.map((voice) => this.#shown.find((row) => row.shows(voice)) ?? this.#row(voice));
    const isSame = shown.length === this.#shown.length && shown.every((row, at) => row === this.#shown[at]);
    if (isSame) return;
    this.#replace(shown);
    this.#showChosen();
    this.#showSound();
  }

  /** @param {VoiceRow[]} shown from now on; who was in one of them stays there */
  #replace(shown) {
    const focused = focusIn(this.#rows);
    const voice = focused?.closest('.voice-row')?.getAttribute('data-voice');
    this.#shown = shown;
    this.#rows.replaceChildren(...shown.map((row) => row.element));
    if (focused?.isConnected) focused.focus();
    else if (voice) (this.#rowOf(voice) ?? this.#add).focus();
  }

  /** @param {Voice} voice */
  #row(voice) {
    const actions = {
      choose: (/** @type {Voice} */ voice) => this.#choose(voice),
      preview: (/** @type {Voice} */ voice) => void this.#preview(voice),
      listen: (/** @type {Voice} */ voice) => void this.#listen(voice),
      makeDefault: (/** @type {Voice} */ voice) => void this.#change(() => library.makeDefault(voice.id), voice),
      rename: (/** @type {Voice} */ voice, /** @type {string} */ name) =>
        void this.#change(() => library.rename(voice.id, name), voice),
      remove: (/** @type {Voice} */ voice) => void this.#remove(voice),
    };
    return new VoiceRow(voice, actions);
  }

  /** Who speaks in this conversation: the one that was chosen, if it can, else the default voice. */
  #showChosen() {
    const own = this.#voices.find(({ id, usable }) => id === this.#chosen && usable);
    const speaking = own ?? this.#voices.find((voice) => voice.is_default);
    for (const row of this.#shown) row.chosen = row.voice.id === speaking?.id;
  }

  /** @param {Voice} voice */
  #choose({ id }) {
    const session = { type: 'realtime', audio: { output: { voice: id } } };
    if (this.session.socket.send({ type: 'session.update', session }) === null) {
      this.#showChosen();
      this.#tell(new Error('There is no connection to VOX at the moment. Try again when it is back.'));
    }
  }

  /** @param {Voice} voice */
  async #preview(voice) {
    await this.#hear(previewOf(voice), (signal) => library.preview(voice.id, signal));
    if (!voice.prepared && this.#sheet.isOpen && !this.#isBusy()) await this.#refresh();
  }

  /** @param {Voice} voice */
  async #listen(voice) {
    await this.#hear(recordingOf(voice), (signal) => library.recording(voice.id, signal));
  }

  /**
   * @param {string} key
   * @param {(signal: AbortSignal) => Promise<ArrayBuffer>} fetch
   */
  async #hear(key, fetch) {
    setText(this.#trouble, '');
    try {
      await this.audition.toggle(key, fetch);
    } catch (problem) {
      this.#tell(problem);
    }
  }

  /** @param {Voice} voice */
  async #remove(voice) {
    this.audition.stop();
    if (await this.#change(() => library.remove(voice.id))) {
      setText(this.#news, `${voice.name} is deleted.`);
      this.#add.focus();
    }
  }

  /**
   * @param {() => Promise<void>} change
   * @param {Voice} [voice] where the focus goes then
   */
  async #change(change, voice) {
    try {
      await change();
    } catch (problem) {
      this.#tell(problem);
      return false;
    }
    await this.#refresh(voice?.id);
    return true;
  }

  /**
   * @param {Voice} voice
   * @param {string} remark
   */
  async #added(voice, remark) {
    this.#showList();
    setText(this.#news, `${voice.name} is added. ${remark}`.trim());
    await this.#refresh(voice.id);
    this.#rowOf(voice.id)?.element.scrollIntoView({ block: 'nearest' });
  }

  #showList() {
    this.#list.hidden = false;
    this.#add.focus();
  }

  /** Whether somebody is typing in the list. */
  #isBusy() {
    return this.#rows.querySelector('form') !== null;
  }

  /** @param {string} id */
  #rowOf(id) {
    return this.#shown.find(({ voice }) => voice.id === id);
  }

  #showSound() {
    for (const row of this.#shown) row.render(this.audition.now);
    this.adding?.heard(this.audition.now);
  }

  /** @param {unknown} problem */
  #tell(problem) {
    setText(this.#trouble, problem instanceof Error ? problem.message : String(problem));
  }
}

/** @param {HTMLElement} place */
function focusIn(place) {
  const focused = document.activeElement;
  return focused instanceof HTMLElement && place.contains(focused) ? focused : null;
}
