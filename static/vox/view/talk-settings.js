// @ts-check
// The sheet from the right with what the person can set about talking.

/** @import {Preferences, PreferenceStore} from '../preferences.js' */
/** @import {Capture} from '../microphone.js' */

import { DeviceSelect } from './device-select.js';
import { byId } from './dom.js';
import { InputLevel } from './input-level.js';
import { KeptSpeech } from './kept-speech.js';
import { Sheet } from './sheet.js';

export class TalkSettings {
  #bargeIn = byId('barge-in', HTMLInputElement);
  #keptSpeech = new KeptSpeech();
  #sheet = new Sheet('settings', { opened: () => this.#opened(), closed: () => this.#closed() });

  /**
   * @param {PreferenceStore} preferences
   * @param {() => Promise<Capture>} [openMicrophone]
   */
  constructor(preferences, openMicrophone) {
    this.preferences = preferences;
    const place = {
      meter: byId('input-level', HTMLElement),
      words: byId('input-level-words', HTMLElement),
      button: byId('check-microphone', HTMLButtonElement),
    };
    this.level = new InputLevel(place, { permitted: () => this.#listDevices() }, openMicrophone);
    this.microphone = new DeviceSelect('microphone', 'audioinput', (microphone) =>
      preferences.set({ microphone }),
    );
    this.speaker = new DeviceSelect('speaker', 'audiooutput', (speaker) => preferences.set({ speaker }));
    this.speaker.offer(typeof AudioContext !== 'undefined' && 'setSinkId' in AudioContext.prototype);
    this.#bargeIn.addEventListener('change', () => preferences.set({ bargeIn: this.#bargeIn.checked }));
    for (const radio of this.#radios()) {
      radio.addEventListener('change', () => preferences.set({ [radio.name]: radio.value }));
    }
    preferences.subscribe((now) => {
      if (now.microphone !== this.microphone.chosen) this.level.recheck();
      this.#show(now);
    });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#listDevices());
    this.#show(preferences.get());
  }

  /**
   * What the conversation's microphone hears.
   * @param {number} rms 0 to 1
   */
  heard(rms) {
    if (this.#sheet.isOpen) this.level.heard(rms);
  }

  #opened() {
    this.level.show();
    void this.#keptSpeech.show();
    this.#listDevices();
  }

  #closed() {
    this.level.end();
  }

  /** @returns {HTMLInputElement[]} */
  #radios() {
    const names = ['sensitivity', 'patience'];
    return [...this.#sheet.dialog.querySelectorAll('input')].filter(({ name }) => names.includes(name));
  }

  /** @param {Preferences} now */
  #show(now) {
    for (const radio of this.#radios()) {
      radio.checked = now[/** @type {'sensitivity' | 'patience'} */ (radio.name)] === radio.value;
    }
    this.#bargeIn.checked = now.bargeIn;
    this.microphone.choose(now.microphone);
    this.speaker.choose(now.speaker);
  }

  #listDevices() {
    if (!this.#sheet.isOpen) return;
    // Where a page may not use the microphone there is no list, and nothing to choose.
    navigator.mediaDevices?.enumerateDevices().then(
      (devices) => {
        this.microphone.list(devices);
        this.speaker.list(devices);
      },
      () => {},
    );
  }
}
