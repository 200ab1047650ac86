// @ts-check
// Sentences above the dock, each with a way to be rid of it.

/** @import {Notice} from '../conversation/state.js' */

import { button, element, icon } from './dom.js';

export class NoticeList {
  /** @type {Map<Notice, HTMLElement>} */
  #shown = new Map();

  /**
   * @param {HTMLElement} area role="alert"
   * @param {(notice: Notice) => void} dismiss
   */
  constructor(area, dismiss) {
    this.area = area;
    this.dismiss = dismiss;
  }

  /** @param {readonly Notice[]} notices */
  render(notices) {
    for (const [notice, shown] of this.#shown) {
      if (notices.includes(notice)) continue;
      shown.remove();
      this.#shown.delete(notice);
    }
    for (const notice of notices) {
      if (!this.#shown.has(notice)) this.#show(notice);
    }
  }

  /** @param {Notice} notice */
  #show(notice) {
    const close = button('', 'plain', () => this.dismiss(notice));
    close.setAttribute('aria-label', 'Dismiss');
    close.append(icon('icon-close'));
    const shown = element('div', 'notice', element('p', '', notice.text), close);
    shown.dataset.level = notice.level;
    this.area.append(shown);
    this.#shown.set(notice, shown);
  }
}
