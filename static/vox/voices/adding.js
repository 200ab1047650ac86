// @ts-check
// Adding a voice: a recording or a file becomes a take, which is listened to, named and sent.

/** @import {Session} from '../session.js' */
/** @import {Audition, Heard} from './audition.js' */
/** @import {Sending, Voice} from './library.js' */
/** @import {Sound} from './take.js' */

import { byId, setText } from '../view/dom.js';
import { nameOf, takeFiles } from './files.js';
import * as library from './library.js';
import { Recorder } from './recorder.js';
import { toWav } from './wav.js';
import { peaks, picture } from './waveform.js';

/** Hz at which a file is decoded for its picture. */
const PICTURE_RATE = 24_000;

const TOO_LARGE = 'That file is too large: it may have 64 MB. Cut it to a minute, or save it as MP3.';
const PERMISSION =
  'Confirm that this is your own voice, or that its owner allows you to use it: tick the box above.';

/**
 * @typedef {object} Taken what is about to be added
 * @property {Blob} file
 * @property {boolean} recorded here, not chosen
 *
 * @typedef {object} AddingListener
 * @property {(voice: Voice, remark: string) => void} added
 * @property {() => void} left
 */

export class Adding {
  #view = byId('voice-adding', HTMLElement);
  #title = byId('voice-adding-title', HTMLElement);
  #recorderView = byId('voice-recorder', HTMLElement);
  #form = byId('new-voice', HTMLFormElement);
  #picture = byId('voice-take-picture', HTMLElement);
  #words = byId('voice-take-words', HTMLElement);
  #listen = byId('hear-take', HTMLButtonElement);
  #again = byId('drop-take', HTMLButtonElement);
  #name = byId('voice-name', HTMLInputElement);
  #permission = byId('voice-permission', HTMLInputElement);
  #save = byId('save-voice', HTMLButtonElement);
  #cancel = byId('cancel-sending', HTMLButtonElement);
  #sendingView = byId('voice-sending', HTMLElement);
  #sent = byId('voice-sent', HTMLProgressElement);
  #sendingWords = byId('voice-sending-words', HTMLElement);
  #formTrouble = byId('new-voice-trouble', HTMLElement);
  #takeTrouble = byId('voice-take-trouble', HTMLElement);
  /** @type {Taken | null} */
  #taken = null;
  /** @type {Sending | null} */
  #sending = null;

  /**
   * @param {Session} session
   * @param {Audition} audition
   * @param {AddingListener} listener
   */
  constructor(session, audition, listener) {
    this.audition = audition;
    this.listener = listener;
    this.recorder = new Recorder(session, {
      began: () => audition.stop(),
      recorded: (sound) => this.#recorded(sound),
      trouble: (sentence) => setText(this.#takeTrouble, sentence),
    });
    byId('back-to-voices', HTMLElement).addEventListener('click', () => this.#leave());
    this.#listen.addEventListener('click', () => void this.#hear());
    this.#again.addEventListener('click', () => this.#drop());
    this.#cancel.addEventListener('click', () => this.#sending?.cancel());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    takeFiles(byId('voice-file', HTMLInputElement), byId('voice-drop', HTMLElement), (file) => this.#chosen(file));
  }

  show() {
    this.#view.hidden = false;
    this.#view.parentElement?.scrollTo(0, 0);
    this.#title.focus();
  }

  /** The sheet is closed: the microphone is off, and what was recorded is there when it is opened again. */
  pause() {
    this.recorder.finish();
  }

  /** @param {Heard | null} heard what sounds now */
  heard(heard) {
    setText(this.#listen, heard?.key === 'take' ? 'Stop' : 'Listen');
  }

  /** @param {Sound} sound */
  #recorded({ samples, rate, speechSeconds }) {
    this.#take({ file: toWav(samples, rate), recorded: true });
    this.#picture.replaceChildren(picture(peaks(samples)));
    setText(this.#words, `${Math.floor(speechSeconds)} seconds of speech`);
  }

  /** @param {File} file */
  #chosen(file) {
    this.recorder.discard();
    if (file.size > library.LARGEST_FILE) {
      setText(this.#takeTrouble, TOO_LARGE);
      return;
    }
    this.#take({ file, recorded: false });
    this.#picture.replaceChildren();
    setText(this.#words, file.name);
    if (this.#name.value === '') this.#name.value = nameOf(file);
    void this.#picturise(file);
  }

  /** @param {Taken} taken */
  #take(taken) {
    this.audition.stop();
    this.#taken = taken;
    this.#recorderView.hidden = true;
    this.#form.hidden = false;
    setText(this.#takeTrouble, '');
    setText(this.#formTrouble, '');
    setText(this.#again, taken.recorded ? 'Record again' : 'Choose another');
    this.#name.focus();
  }

  /** @param {File} file which this browser may not know; the server judges it then */
  async #picturise(file) {
    try {
      const context = new OfflineAudioContext(1, 1, PICTURE_RATE);
      const sound = await context.decodeAudioData(await file.arrayBuffer());
      if (this.#taken?.file !== file) return;
      this.#picture.replaceChildren(picture(peaks(sound.getChannelData(0))));
      setText(this.#words, `${file.name}, ${Math.round(sound.duration)} s`);
    } catch {
      // No picture.
    }
  }

  async #hear() {
    const file = this.#taken?.file;
    if (!file) return;
    setText(this.#formTrouble, '');
    try {
      await this.audition.toggle('take', () => file.arrayBuffer());
    } catch {
      setText(this.#formTrouble, 'This browser cannot play that file. VOX may still be able to read it.');
    }
  }

  /** Throw the take away and begin again. */
  #drop() {
    this.audition.stop();
    this.#taken = null;
    this.#form.hidden = true;
    this.#recorderView.hidden = false;
    this.#title.focus();
  }

  #leave() {
    this.recorder.discard();
    this.#sending?.cancel();
    this.#drop();
    this.#view.hidden = true;
    setText(this.#takeTrouble, '');
    this.listener.left();
  }

  async #send() {
    const taken = this.#taken;
    if (taken === null || this.#sending !== null) return;
    const trouble = this.#fault();
    setText(this.#formTrouble, trouble);
    if (trouble) return;
    this.audition.stop();
    this.#sending = library.add(
      { file: taken.file, name: this.#name.value, permission: this.#permission.checked },
      (share) => this.#showSent(share),
    );
    this.#showSending(true);
    this.#showSent(0);
    try {
      const { voice, remark } = await this.#sending.done;
      this.#sending = null;
      this.#finish();
      this.listener.added(voice, remark);
    } catch (problem) {
      this.#sending = null;
      if (problem instanceof DOMException) return;
      setText(this.#formTrouble, problem instanceof Error ? problem.message : String(problem));
    } finally {
      this.#showSending(false);
    }
  }

  /** Why it cannot be sent yet, or "". The focus goes there. */
  #fault() {
    const isNamed = this.#name.value.trim() !== '';
    const field = isNamed ? this.#permission : this.#name;
    if (isNamed && this.#permission.checked) return '';
    field.focus();
    return isNamed ? PERMISSION : 'Give the voice a name.';
  }

  #finish() {
    this.#form.reset();
    this.#drop();
    this.#view.hidden = true;
  }

  /** @param {boolean} sending */
  #showSending(sending) {
    this.#sendingView.hidden = !sending;
    this.#cancel.hidden = !sending;
    this.#save.disabled = sending;
    this.#name.readOnly = sending;
    this.#permission.disabled = sending;
    this.#again.disabled = sending;
  }

  /** @param {number} share */
  #showSent(share) {
    if (share < 1) this.#sent.value = share;
    else this.#sent.removeAttribute('value');
    setText(this.#sendingWords, share < 1 ? 'Sending…' : 'VOX is listening to it…');
  }
}
