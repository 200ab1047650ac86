// @ts-check
// How the brain answers: its system prompt, its temperature, and how long an answer may be. What is saved
// holds from the next answer on, in every conversation.

/** @import {ModelsApi, Settings} from '../models-api.js' */

import { byId, setText } from './dom.js';
import { changes, offerToSend, SettingField } from './model-fields.js';

export class MannerForm {
  #api;
  #saved;
  #result = byId('manner-result', HTMLElement);
  #fields = [
    new SettingField(byId('manner-instructions', HTMLTextAreaElement), {
      hint: 'Who VOX is and how it talks. Left empty, VOX’s own holds.',
      value: (text) => text || null,
    }),
    new SettingField(byId('manner-temperature', HTMLInputElement), {
      hint: '0 is sober, 2 is wild. Left empty, the server decides.',
      shown: (value) => (typeof value === 'number' && value >= 0 ? String(value) : ''),
      value: (text) => (text === '' ? -1 : Number(text)),
    }),
    new SettingField(byId('manner-length', HTMLInputElement), {
      hint: 'In tokens, about ¾ of a word each.',
      value: Number,
    }),
  ];

  /**
   * @param {ModelsApi} api
   * @param {(settings: Settings) => void} saved
   */
  constructor(api, saved) {
    this.#api = api;
    this.#saved = saved;
    const form = byId('manner-form', HTMLFormElement);
    form.addEventListener('input', () => this.#say(''));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** @param {Settings} settings */
  render(settings) {
    for (const field of this.#fields) field.render(settings);
    offerToSend(byId('manner-form', HTMLFormElement));
  }

  async #save() {
    try {
      const settings = await this.#api.save(changes(this.#fields));
      for (const field of this.#fields) field.sent();
      this.#saved(settings);
      this.#say('Saved. It holds from the next answer on.', 'good');
    } catch (problem) {
      this.#say(problem instanceof Error ? problem.message : String(problem), 'problem');
    }
  }

  /**
   * @param {string} text
   * @param {'' | 'good' | 'problem'} [how]
   */
  #say(text, how = '') {
    setText(this.#result, text);
    this.#result.dataset.how = how;
  }
}
