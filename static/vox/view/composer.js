// @ts-check
// The text box: Enter sends, Shift+Enter makes a new line, and it grows with what is in it.

import { byId } from './dom.js';

export class Composer {
  #box = byId('message', HTMLTextAreaElement);

  /** @param {(text: string) => boolean} send whether it was sent */
  constructor(send) {
    this.send = send;
    byId('composer', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#box.addEventListener('input', () => this.#fit());
    this.#box.addEventListener('keydown', (event) => {
      // Enter that ends the composition of a character belongs to the keyboard (229: Safari).
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== 'Enter' || event.shiftKey || composing) return;
      event.preventDefault();
      if (!event.repeat) this.#submit();
    });
  }

  /**
   * Put back what could not be sent, before what has been typed since.
   * @param {string} text
   */
  giveBack(text) {
    this.#box.value = this.#box.value === '' ? text : `${text}\n${this.#box.value}`;
    this.#fit();
  }

  #submit() {
    if (!this.send(this.#box.value)) return;
    this.#box.value = '';
    this.#fit();
  }

  #fit() {
    this.#box.style.setProperty('height', 'auto');
    this.#box.style.setProperty('height', `${this.#box.scrollHeight}px`);
  }
}
