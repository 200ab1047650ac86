// @ts-check
// What was deleted in this tab and can still be taken back here: a reload takes the way to do so from nobody.

const KEY = 'vox.deleted.1';

/** Milliseconds in which the server can bring one back. */
const RESTORABLE = 24 * 60 * 60 * 1000;

/**
 * @typedef {object} Deletion
 * @property {string} id
 * @property {string | null} title
 * @property {boolean} wasOpen it lay on the desk
 * @property {number} at milliseconds since 1970
 */

export class Deleted {
  /** Oldest first. @type {Deletion[]} */
  #kept;

  /**
   * @param {() => Pick<Storage, 'getItem' | 'setItem'>} storage throws where the browser forbids it
   * @param {() => number} [now]
   */
  constructor(storage, now = Date.now) {
    this.storage = storage;
    this.now = now;
    this.#kept = this.#read();
  }

  /** @returns {readonly Deletion[]} oldest first */
  get all() {
    return this.#kept;
  }

  /** @param {Omit<Deletion, 'at'>} deletion */
  add(deletion) {
    this.#keep([...this.#without(deletion.id), { ...deletion, at: this.now() }]);
  }

  /** @param {string} id of one that was taken back, or that nobody wants back */
  drop(id) {
    this.#keep(this.#without(id));
  }

  /** @param {string} id */
  #without(id) {
    return this.#kept.filter((other) => other.id !== id);
  }

  /** @param {Deletion[]} kept */
  #keep(kept) {
    this.#kept = kept;
    try {
      this.storage().setItem(KEY, JSON.stringify(kept));
    } catch {
      // Storage is blocked or full: they last as long as the page.
    }
  }

  /** @returns {Deletion[]} */
  #read() {
    try {
      /** @type {Deletion[]} */
      const kept = JSON.parse(this.storage().getItem(KEY) ?? '[]');
      return kept.filter(({ id, at }) => typeof id === 'string' && this.now() - at < RESTORABLE);
    } catch {
      return [];
    }
  }
}
