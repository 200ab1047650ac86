// @ts-check
// The text box: Enter sends, Shift+Enter makes a new line, and it grows with what is in it.

import { byId } from './dom.js';
import { shortcut } from './keys.js';

export class Composer {
  #box = byId('message', HTMLTextAreaElement);
  /** Told of what is in the box, whenever it changes. @type {(text: string) => void} */
  typed = () => {};

  /** @param {(text: string) => boolean} send whether it was sent */
  constructor(send) {
    this.send = send;
    byId('composer', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    shortcut('type', () => this.#box.focus());
    this.#box.addEventListener('input', () => this.#changed());
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
    this.#changed();
  }

  /**
   * What was typed and not sent in the conversation that is open now.
   * @param {string} text
   */
  fill(text) {
    this.#box.value = text;
    this.#fit();
  }

  #submit() {
    if (!this.send(this.#box.value)) return;
    this.#box.value = '';
    this.#changed();
  }

  #changed() {
    this.#fit();
    this.typed(this.#box.value);
  }

  #fit() {
    this.#box.style.setProperty('height', 'auto');
    this.#box.style.setProperty('height', `${this.#box.scrollHeight}px`);
  }
}
