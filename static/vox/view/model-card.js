// @ts-check
// One model in the sheet: what it is, how it is, and the buttons to load and unload it.

/** @import {Kind, Model} from '../wire.js' */

import { button, element, icon, setIcon, setText } from './dom.js';
import { JOBS, stateWords, TITLES } from './models.js';

export class ModelCard {
  #dot = icon('dot-unloaded', 'dot');
  #name = element('p', 'card-name');
  #state = element('p', 'card-state');
  #bar = element('progress', 'card-bar');
  #notice = element('p', 'card-notice');
  #error = element('p', 'card-error');
  #load;
  #unload;

  /**
   * @param {Kind} kind
   * @param {(what: 'load' | 'unload') => Promise<void>} change
   */
  constructor(kind, change) {
    const title = TITLES[kind];
    this.#load = button('Load', 'small-button', () => this.#try(change, 'load'));
    this.#unload = button('Unload', 'small-button', () => this.#try(change, 'unload'));
    this.title = title;
    this.#load.setAttribute('aria-label', `Load: ${title}`);
    this.#bar.setAttribute('aria-label', `${title} loading`);
    const heading = element('h3', 'card-title', this.#dot, title);
    heading.append(element('span', 'card-job', JOBS[kind]));
    const buttons = element('div', 'card-buttons', this.#load, this.#unload);
    const words = [this.#name, this.#state, this.#bar, this.#notice, this.#error];
    this.element = element('section', 'card', heading, ...words, buttons);
  }

  /** @param {Model} model */
  render(model) {
    setIcon(this.#dot, `dot-${model.state}`);
    this.#dot.setAttribute('data-state', model.state);
    say(this.#name, model.name);
    say(this.#state, stateWords(model));
    this.#showProgress(model);
    say(this.#notice, model.notice);
    say(this.#error, model.error ?? '');
    const focused = document.activeElement === this.#load || document.activeElement === this.#unload;
    this.#load.hidden = model.state === 'ready' || model.state === 'loading';
    this.#unload.hidden = !this.#load.hidden;
    if (focused) (this.#load.hidden ? this.#unload : this.#load).focus();
    const unload = model.state === 'loading' ? 'Cancel' : 'Unload';
    setText(this.#unload, unload);
    this.#unload.setAttribute('aria-label', `${unload}: ${this.title}`);
  }

  /** @param {Model} model */
  #showProgress({ state, progress }) {
    const measured = state === 'loading' && progress !== null && progress.done !== null && progress.total;
    this.#bar.hidden = !measured;
    if (!measured) return;
    this.#bar.max = progress.total ?? 1;
    this.#bar.value = progress.done ?? 0;
  }

  /**
   * @param {(what: 'load' | 'unload') => Promise<void>} change
   * @param {'load' | 'unload'} what
   */
  async #try(change, what) {
    say(this.#error, '');
    try {
      await change(what);
    } catch (problem) {
      say(this.#error, problem instanceof Error ? problem.message : String(problem));
    }
  }
}

/**
 * @param {HTMLElement} where
 * @param {string} text
 */
function say(where, text) {
  setText(where, text);
  where.hidden = text === '';
}
