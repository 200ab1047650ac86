// @ts-check
// Where the conversations are: a sheet from the left, or, where the window is wide and the person has it so,
// beside the talk. The panel is one and the same, and is put where it is wanted.

import { byId } from './dom.js';

const KEY = 'vox.conversations.beside.1';

export class Drawer {
  #button = byId('open-conversations', HTMLButtonElement);
  #sheet = byId('conversations', HTMLDialogElement);
  #beside = byId('conversations-beside', HTMLElement);
  #panel = byId('conversations-panel', HTMLElement);
  #wide = matchMedia('(min-width: 1100px)');

  /**
   * @param {() => Storage} storage throws where the browser forbids it
   * @param {() => void} opened
   */
  constructor(storage, opened) {
    this.storage = storage;
    this.opened = opened;
    this.#button.addEventListener('click', () => (this.isOpen ? this.close() : this.open()));
    byId('close-conversations', HTMLElement).addEventListener('click', () => this.close());
    this.#sheet.addEventListener('click', (event) => {
      if (event.target === this.#sheet) this.close();
    });
    this.#sheet.addEventListener('close', () => this.#tell());
    this.#wide.addEventListener('change', () => this.fit());
  }

  get isOpen() {
    return this.#sheet.open || !this.#beside.hidden;
  }

  open() {
    if (this.isOpen) return;
    if (this.#wide.matches) {
      this.#remember(true);
      this.#putBeside();
    } else {
      this.#putInSheet();
      this.#sheet.showModal();
    }
    this.#tell();
    this.opened();
  }

  close() {
    if (this.#sheet.open) {
      this.#sheet.close();
      return;
    }
    const hadFocus = this.#beside.contains(document.activeElement);
    this.#remember(false);
    this.#beside.hidden = true;
    if (hadFocus) this.#button.focus();
    this.#tell();
  }

  /** A conversation was chosen: what covers it goes away. */
  makeWay() {
    if (this.#sheet.open) this.#sheet.close();
  }

  /** Be where the window's width and the person want it. */
  fit() {
    if (this.#wide.matches && this.#wasBeside()) {
      if (this.#sheet.open) this.#sheet.close();
      this.#putBeside();
      this.opened();
    } else this.#beside.hidden = true;
    this.#tell();
  }

  #putBeside() {
    this.#beside.append(this.#panel);
    this.#beside.hidden = false;
  }

  #putInSheet() {
    if (this.#panel.parentElement !== this.#sheet) this.#sheet.append(this.#panel);
  }

  #tell() {
    this.#button.setAttribute('aria-expanded', String(this.isOpen));
  }

  #wasBeside() {
    try {
      return this.storage().getItem(KEY) !== null;
    } catch {
      return false;
    }
  }

  /** @param {boolean} isBeside */
  #remember(isBeside) {
    try {
      if (isBeside) this.storage().setItem(KEY, 'beside');
      else this.storage().removeItem(KEY);
    } catch {
      // Storage is blocked: it lasts as long as the page.
    }
  }
}
