// @ts-check
// A field of a form that shows a setting of the server: what it is, and why it cannot be changed where
// that is so. What the person has begun to change is left alone until it is sent.

/** @import {Choice, Setting, Settings, Values} from '../models-api.js' */

import { byId, element, setText } from './dom.js';
import { choiceWords } from './models.js';

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

/**
 * @typedef {object} How
 * @property {string} [hint] what stands under the field
 * @property {(value: Setting['value']) => string} [shown] how a value is shown
 * @property {(shown: string) => Values[string]} [value] how it is read again
 */

export class SettingField {
  #note;
  #hint;
  /** What the server has, as the field shows it. */
  #shown = '';
  /** Why it cannot be changed, '' if it can. */
  #fixed = '';
  /** The person has begun to change it, and that is not sent yet. */
  #isBegun = false;
  /** @type {Map<string, string>} what there is to say of a choice, by its value */
  #about = new Map();

  /**
   * @param {Field} field whose name is the setting's
   * @param {How} [how]
   */
  constructor(field, { hint = '', shown = String, value = (text) => text } = {}) {
    this.field = field;
    this.#note = byId(`${field.id}-note`, HTMLElement);
    this.#hint = hint;
    this.toShown = shown;
    this.toValue = value;
    field.addEventListener('input', () => {
      this.#isBegun = true;
    });
    field.addEventListener('change', () => this.#showNote());
  }

  get name() {
    return this.field.name;
  }

  get isChanged() {
    return !this.field.disabled && this.field.value !== this.#shown;
  }

  /** What is to be sent; null goes back to the default. */
  get value() {
    return this.toValue(this.field.value.trim());
  }

  /** @param {Settings} settings */
  render(settings) {
    const setting = settings.get(this.name);
    if (setting === undefined) return;
    this.#isBegun &&= this.isChanged;
    const shown = this.toShown(setting.value);
    if (!this.#isBegun) this.field.value = shown;
    this.#shown = shown;
    this.#fixed = setting.why_fixed;
    this.field.disabled = setting.fixed;
    this.#showNote();
  }

  /** From now on it shows what the server has. */
  sent() {
    this.#isBegun = false;
  }

  /** @param {Choice[]} choices of a field that is a select */
  offer(choices) {
    if (!(this.field instanceof HTMLSelectElement)) return;
    this.#about = new Map(choices.map(({ value, about }) => [value, about]));
    fill(this.field, choices);
  }

  #showNote() {
    setText(this.#note, this.#fixed || this.#about.get(this.field.value) || this.#hint);
    this.#note.hidden = this.#note.textContent === '';
  }
}

/**
 * Fill a select, and keep what is chosen in it.
 * @param {HTMLSelectElement} select
 * @param {Choice[]} choices
 * @param {string} [chosen] what is to be chosen then; what was chosen before, if not given
 */
export function fill(select, choices, chosen = select.value) {
  const options = choices.map((choice) => {
    const option = element('option', '', choiceWords(choice));
    option.value = choice.value;
    return option;
  });
  select.replaceChildren(...options);
  select.value = chosen;
}

/**
 * Where all that a form shows is fixed there is nothing to send.
 * @param {HTMLFormElement} form
 */
export function offerToSend(form) {
  const fields = [...form.querySelectorAll('input, select, textarea')];
  const isFixed = fields.every((field) => field.matches(':disabled') || field.closest('[hidden]') !== null);
  for (const button of form.querySelectorAll('button')) {
    if (button.type === 'submit') button.hidden = isFixed;
  }
}

/**
 * What of some fields was changed.
 * @param {SettingField[]} fields
 * @returns {Values}
 */
export function changes(fields) {
  const changed = fields.filter((field) => field.isChanged);
  return Object.fromEntries(changed.map((field) => [field.name, field.value]));
}
