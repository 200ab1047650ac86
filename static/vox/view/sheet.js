// @ts-check
// A sheet that slides in from the side. Escape, its Close button and a press beside it close it.

import { byId } from './dom.js';
import { shortcut } from './keys.js';
import { shortcutOf } from './shortcuts.js';

export class Sheet {
  /**
   * @param {string} id of a dialog; the buttons are `open-<id>`, which may have a shortcut, and `close-<id>`
   * @param {{opened: () => void, closed: () => void}} listener
   */
  constructor(id, { opened, closed }) {
    this.dialog = byId(id, HTMLDialogElement);
    this.opened = opened;
    byId(`open-${id}`, HTMLElement).addEventListener('click', () => this.open());
    const key = shortcutOf(`open-${id}`);
    if (key) shortcut(key.name, () => this.open());
    byId(`close-${id}`, HTMLElement).addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener('close', closed);
  }

  get isOpen() {
    return this.dialog.open;
  }

  open() {
    if (this.isOpen) return;
    this.dialog.showModal();
    this.opened();
  }
}
