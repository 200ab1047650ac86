// @ts-check
// The forms to change the ears and the voice for others.

/** @import {Kind} from '../wire.js' */
/** @import {ModelsApi, Settings} from '../models-api.js' */
/** @import {ModelCard} from './model-card.js' */

import { byId } from './dom.js';
import { changes, offerToSend, SettingField } from './model-fields.js';

/** The fields of one kind of model. */
class ModelChoice {
  /** @type {SettingField[]} */
  fields = [];
  /** @type {Settings} */
  #settings = new Map();

  /**
   * @param {Kind} kind
   * @param {HTMLFormElement} form
   * @param {ModelCard} card
   * @param {ModelsApi} api
   */
  constructor(kind, form, card, api) {
    this.kind = kind;
    this.form = form;
    this.api = api;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void card.attempt(() => this.#take());
    });
  }

  /** @param {Settings} settings */
  async render(settings) {
    this.#settings = settings;
    const choices = await this.api.choices(this.kind);
    for (const field of this.fields) {
      field.offer(choices[field.name] ?? []);
      field.render(settings);
    }
    offerToSend(this.form);
  }

  async #take() {
    const values = changes(this.fields);
    // Chosen again, it is tried again: it may be there by now.
    const first = this.fields[0];
    if (Object.keys(values).length === 0 && !first?.field.disabled) values[first.name] = first.value;
    await this.api.switchTo(this.kind, values);
    for (const field of this.fields) field.sent();
    // What was asked for is shown until the server has something else to tell.
    for (const [name, value] of Object.entries(values)) {
      const setting = this.#settings.get(name);
      if (setting) this.#settings.set(name, { ...setting, value });
    }
  }
}

export class EarsChoice extends ModelChoice {
  /**
   * @param {ModelCard} card
   * @param {ModelsApi} api
   */
  constructor(card, api) {
    super('stt', byId('ears-form', HTMLFormElement), card, api);
    const model = byId('ears-model', HTMLSelectElement);
    this.fields = [
      new SettingField(model, { hint: 'Larger ones hear better and take longer.' }),
      new SettingField(byId('ears-language', HTMLInputElement), {
        hint: 'As a code (en, de, fr). Left empty, Whisper tells for itself.',
      }),
    ];
  }
}

export class VoiceChoice extends ModelChoice {
  #engine = byId('voice-engine', HTMLSelectElement);

  /**
   * @param {ModelCard} card
   * @param {ModelsApi} api
   */
  constructor(card, api) {
    super('tts', byId('voice-form', HTMLFormElement), card, api);
    const precision = byId('voice-precision', HTMLSelectElement);
    this.fields = [new SettingField(this.#engine), new SettingField(precision)];
    this.#engine.addEventListener('change', () => this.#showPrecision());
  }

  /** @param {Settings} settings */
  async render(settings) {
    await super.render(settings);
    this.#showPrecision();
  }

  #showPrecision() {
    byId('voice-exactness', HTMLElement).hidden = this.#engine.value === 'piper';
    offerToSend(this.form);
  }
}
