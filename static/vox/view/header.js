// @ts-check
// Which ears, brain and voice are at work, in the header: a name each and a dot for its state.

/** @import {Kind, Models} from '../wire.js' */

import { setIcon, setText } from './dom.js';
import { stateWords, TITLES } from './models.js';

export class Header {
  /** @param {HTMLElement} button opens the models sheet */
  constructor(button) {
    this.button = button;
  }

  /** @param {Models | null} models */
  render(models) {
    if (models === null) return;
    const words = ['Models'];
    for (const place of this.button.querySelectorAll('.who-model')) {
      const kind = /** @type {Kind} */ (/** @type {HTMLElement} */ (place).dataset.kind);
      const model = models[kind];
      const dot = place.querySelector('.dot');
      if (dot) {
        setIcon(dot, `dot-${model.state}`);
        dot.setAttribute('data-state', model.state);
      }
      const name = place.querySelector('.who-name');
      if (name) setText(name, model.name || TITLES[kind]);
      const said = `${TITLES[kind]}: ${model.name ? `${model.name}, ` : ''}${stateWords(model)}`;
      place.setAttribute('title', said);
      words.push(said);
    }
    this.button.setAttribute('aria-label', words.join('. '));
  }
}
