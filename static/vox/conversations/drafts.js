// @ts-check
// What was typed and not sent, for each conversation, as long as the tab is open and over a reload.

const KEY = 'vox.drafts.1';

/** Conversations whose drafts are kept; older ones give way. */
const MOST = 50;

export class Drafts {
  /** Oldest first. @type {Map<string, string>} */
  #kept;

  /** @param {() => Storage} storage throws where the browser forbids it */
  constructor(storage) {
    this.storage = storage;
    this.#kept = this.#read();
  }

  /** @param {string | null} id of a conversation; null for the new one */
  get(id) {
    return this.#kept.get(id ?? '') ?? '';
  }

  /**
   * @param {string | null} id
   * @param {string} text
   */
  set(id, text) {
    this.#kept.delete(id ?? '');
    if (text !== '') this.#kept.set(id ?? '', text);
    this.#write();
  }

  /**
   * The new conversation has got its id.
   * @param {string} id
   */
  named(id) {
    const text = this.get(null);
    this.set(null, '');
    this.set(id, text);
  }

  /** @returns {Map<string, string>} */
  #read() {
    try {
      /** @type {unknown[][]} */
      const kept = JSON.parse(this.storage().getItem(KEY) ?? '[]');
      const isDraft = (/** @type {unknown[]} */ entry) => entry.every((part) => typeof part === 'string');
      return new Map(/** @type {[string, string][]} */ (kept.filter(isDraft)));
    } catch {
      return new Map();
    }
  }

  #write() {
    try {
      this.storage().setItem(KEY, JSON.stringify([...this.#kept].slice(-MOST)));
    } catch {
      // Storage is blocked or full: they last as long as the page.
    }
  }
}
