// @ts-check
// What was just done, and a way to undo it. A toast waits while somebody is at it; Ctrl+Z or ⌘Z undoes too.

import { announce, stay } from './announce.js';
import { button, element, icon } from './dom.js';
import { keyWords, shortcutNamed } from './shortcuts.js';

/** Milliseconds that one is shown. */
const LONG = 12_000;

/** Toasts at once; older ones give way. */
const MOST = 3;

/**
 * @typedef {object} Toast
 * @property {() => void} close
 */

/** Where one types, the keys undo the typing. */
const TYPING = 'input, textarea, [contenteditable]';

export class Toasts {
  #area = element('div', 'toasts');
  /** Oldest first. @type {{close: () => void, act: () => void}[]} */
  #shown = [];

  constructor() {
    this.#area.setAttribute('role', 'group');
    this.#area.setAttribute('aria-label', 'Just now');
    document.addEventListener('close', () => this.#stay(), { capture: true });
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * @param {string} words
   * @param {string} action what the button says
   * @param {() => void} press
   * @param {object} [how]
   * @param {boolean} [how.lasting] until it is closed
   * @param {() => void} [how.closed] it is gone, however that came
   * @returns {Toast}
   */
  show(words, action, press, { lasting = false, closed = () => {} } = {}) {
    const act = () => {
      close();
      press();
    };
    const dismiss = button('', 'plain', () => close());
    dismiss.setAttribute('aria-label', 'Dismiss');
    dismiss.append(icon('icon-close'));
    const toast = element('div', 'toast', element('p', '', words), button(action, 'link', act), dismiss);
    const timer = lasting ? null : new Patience(toast, LONG, () => close());
    const close = () => {
      timer?.end();
      toast.remove();
      this.#shown = this.#shown.filter((other) => other !== shown);
      closed();
    };
    const shown = { close, act };
    this.#shown.push(shown);
    if (this.#shown.length > MOST) this.#shown[0].close();
    this.#area.append(toast);
    this.#stay();
    announce(`${words} ${action}: ${keyWords(shortcutNamed('undo'))}.`);
    return { close };
  }

  #stay() {
    if (this.#shown.length > 0) stay(this.#area);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    const last = this.#shown.at(-1);
    if (last === undefined || (event.target instanceof Element && event.target.closest(TYPING))) return;
    event.preventDefault();
    last.act();
  }
}

/** Time that stands still while somebody points at a thing or has the focus in it. */
class Patience {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} thing
   * @param {number} milliseconds
   * @param {() => void} over
   */
  constructor(thing, milliseconds, over) {
    const begin = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(over, milliseconds);
    };
    for (const comes of ['pointerenter', 'focusin']) thing.addEventListener(comes, () => this.end());
    for (const goes of ['pointerleave', 'focusout']) thing.addEventListener(goes, begin);
    begin();
  }

  end() {
    clearTimeout(this.#timer);
  }
}
