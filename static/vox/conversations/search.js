// @ts-check
// Looking for words in titles and messages, while they are typed.

/** @import {ConversationsApi, Hit} from './api.js' */

/** Milliseconds without a key after which one has stopped typing. */
const PAUSE = 180;

/** @typedef {'none' | 'searching' | 'found' | 'failed'} SearchStage 'none': nothing is looked for */

export class Search {
  words = '';
  /** @type {SearchStage} */
  stage = 'none';
  /** Of the words before, while those of new ones are on their way. @type {Hit[]} */
  hits = [];
  /** A sentence, when it failed. */
  problem = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #call = new AbortController();

  /**
   * @param {Pick<ConversationsApi, 'search'>} api
   * @param {() => void} changed
   */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
  }

  /** @param {string} typed */
  look(typed) {
    const words = typed.trim();
    if (words === this.words) return;
    this.#begin(words);
    this.#timer = setTimeout(() => void this.#ask(), PAUSE);
  }

  /** Once more, at once: something has changed, or it failed. */
  again() {
    if (this.words === '') return;
    this.#begin(this.words);
    void this.#ask();
  }

  /** @param {string} words */
  #begin(words) {
    clearTimeout(this.#timer);
    this.#call.abort();
    this.words = words;
    this.stage = words === '' ? 'none' : 'searching';
    if (words === '') this.hits = [];
    this.changed();
  }

  async #ask() {
    if (this.words === '') return;
    const call = new AbortController();
    this.#call = call;
    try {
      const { hits } = await this.api.search(this.words, call.signal);
      if (call.signal.aborted) return;
      this.hits = hits;
      this.stage = 'found';
    } catch (problem) {
      if (call.signal.aborted) return;
      this.problem = problem instanceof Error ? problem.message : String(problem);
      this.stage = 'failed';
    }
    this.changed();
  }
}
