// @ts-check
// The models as the first start shows them: what was found, how far it is, and what to do about it.

/** @import {Kind, Model, Models} from '../wire.js' */

import { areReady } from '../first-start.js';
import { byId, element, icon, setIcon, setText } from './dom.js';
import { stateWords, TITLES } from './models.js';

const DEMO = 'That brain is a small demo that came with VOX: it talks, but it often errs.';

export class FoundModels {
  #note = byId('found-note', HTMLElement);
  #more = byId('found-more', HTMLButtonElement);
  #demo = false;
  /** @type {Map<Kind, Row>} */
  #rows = new Map();

  /** @param {(atDemo: boolean) => void} openModels */
  constructor(openModels) {
    this.#more.addEventListener('click', () => openModels(this.#demo));
    const list = byId('found', HTMLElement);
    for (const kind of /** @type {Kind[]} */ (['stt', 'llm', 'tts'])) {
      const row = new Row(TITLES[kind]);
      this.#rows.set(kind, row);
      list.append(row.element);
    }
  }

  /** @param {Models} models */
  render(models) {
    for (const [kind, row] of this.#rows) row.render(models[kind]);
    this.#demo = models.llm.demo;
    // Where the voice that was wished for could not be had, it says so.
    const voice = models.tts.state === 'ready' ? models.tts.notice : '';
    setText(this.#note, [models.llm.demo ? DEMO : '', voice].filter((sentence) => sentence !== '').join(' '));
    this.#more.hidden = areReady(models) && !models.llm.demo;
    setText(this.#more, models.llm.demo ? 'How to get a better one' : 'All about the models');
  }
}

class Row {
  #dot = icon('dot-unloaded', 'dot');
  #name = element('span', 'found-name');
  #state = element('span', 'found-state');
  #bar = element('progress', 'card-bar');

  /** @param {string} title */
  constructor(title) {
    this.#bar.setAttribute('aria-label', `${title} loading`);
    this.#bar.hidden = true;
    const words = element('div', '', element('strong', '', title), ' ', this.#name, this.#state);
    this.element = element('li', 'found-model', this.#dot, words, this.#bar);
  }

  /** @param {Model} model */
  render(model) {
    setIcon(this.#dot, `dot-${model.state}`);
    this.#dot.setAttribute('data-state', model.state);
    setText(this.#name, model.name);
    setText(this.#state, model.error ?? (model.state === 'ready' ? '' : stateWords(model)));
    this.element.dataset.state = model.state;
    const { progress, state } = model;
    const measured = state === 'loading' && progress !== null && progress.done !== null && progress.total;
    this.#bar.hidden = !measured;
    if (!measured) return;
    this.#bar.max = progress.total ?? 1;
    this.#bar.value = progress.done ?? 0;
  }
}
