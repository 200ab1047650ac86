// @ts-check
// Under each answer: how long it let the person wait, as a small bar of heard, thought and voiced.
// It lies in the space below the message, so nothing moves when it comes.

/** @import {Message} from '../conversation/state.js' */

import { details, measures, seconds, segments, sentence } from '../latency.js';
import { element, setText } from './dom.js';

const PARTS = /** @type {const} */ (['heard', 'thought', 'voiced', 'rest']);

export class TimingsBar {
  #segments = PARTS.map((part) => element('span', `timings-part ${part}`));
  #total = element('span', 'timings-total');
  #words = element('span', 'timings-words');

  /** @param {HTMLElement} message carries the numbers as data-ms-… */
  constructor(message) {
    this.message = message;
    const bar = element('span', 'timings-bar', ...this.#segments);
    this.element = element('div', 'timings', bar, this.#total, this.#words);
    this.element.hidden = true;
    this.element.tabIndex = 0;
    // One thing with one name; and there to be found, not to be read out after every answer.
    this.element.setAttribute('role', 'img');
    this.element.setAttribute('aria-live', 'off');
  }

  /** @param {Message} message */
  render(message) {
    const known = measures(message);
    for (const [name, ms] of Object.entries(known)) {
      // dataset.msTotal is the attribute data-ms-total.
      if (ms !== null) this.message.dataset[`ms${name[0].toUpperCase()}${name.slice(1)}`] = String(ms);
    }
    const said = message.timings === null ? '' : sentence(known);
    if (said === '' || said === this.element.getAttribute('aria-label')) return;
    this.element.setAttribute('aria-label', said);
    this.element.title = details(known);
    const drawn = segments(known);
    PARTS.forEach((part, i) => {
      const segment = drawn.find((segment) => segment.part === part);
      this.#segments[i].style.setProperty('--share', String(segment?.share ?? 0));
      this.#segments[i].hidden = segment === undefined || segment.share === 0;
    });
    setText(this.#total, seconds(known.total ?? 0));
    const words = drawn.filter(({ part }) => part !== 'rest').map(({ part, ms }) => `${part} ${ms}`);
    setText(this.#words, words.length > 0 ? `${words.join(' · ')} ms` : '');
    this.element.hidden = false;
  }
}
