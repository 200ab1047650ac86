// @ts-check
// One line under the header: that the brain is a demo, or what a model has to say of itself.

/** @import {Model, Models} from '../wire.js' */

import { byId, setText } from './dom.js';
import { TITLES } from './models.js';

const KEY = 'vox.dismissed';

const DEMO = 'A small demo brain is answering.';

export class Banner {
  #area = byId('banner', HTMLElement);
  #text = '';
  #dismissed = read();

  /** @param {(atDemo: boolean) => void} more */
  constructor(more) {
    byId('banner-more', HTMLElement).addEventListener('click', () => more(this.#text === DEMO));
    byId('banner-dismiss', HTMLElement).addEventListener('click', () => this.#dismiss());
  }

  /** @param {Models | null} models */
  render(models) {
    if (models === null) return;
    this.#text = sentences(models).find((text) => !this.#dismissed.includes(text)) ?? '';
    const place = this.#area.querySelector('.banner-text');
    if (place && this.#text) setText(place, this.#text);
    setText(byId('banner-more', HTMLElement), this.#text === DEMO ? 'Connect a better one' : 'More');
    this.#area.hidden = this.#text === '';
    this.models = models;
  }

  /** The next sentence, if any, takes its place. */
  #dismiss() {
    this.#dismissed = [...this.#dismissed, this.#text];
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#dismissed));
    } catch {
      // Storage is blocked: it comes back with the page.
    }
    this.render(this.models ?? null);
  }
}

/**
 * What there is to say, the most pressing first.
 * @param {Models} models
 */
function sentences({ stt, llm, tts }) {
  /** @type {[keyof Models, Model][]} */
  const all = [
    ['stt', stt],
    ['llm', llm],
    ['tts', tts],
  ];
  const errors = all.flatMap(([kind, { state, error }]) =>
    state === 'failed' ? [`${TITLES[kind]}: ${error ?? 'it could not be loaded.'}`] : [],
  );
  const notices = all.flatMap(([, { state, notice }]) => (state === 'ready' && notice ? [notice] : []));
  return [...errors, ...(llm.demo ? [DEMO] : []), ...notices];
}

/** @returns {string[]} */
function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}
