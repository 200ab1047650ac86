// @ts-check
// The list of kept conversations, as far as it has been fetched: newest first, in pages.

/** @import {ConversationsApi, Kept} from './api.js' */

import { Refused } from '../api.js';

/**
 * @typedef {'unread' | 'loading' | 'ready' | 'failed'} Stage
 *
 * @typedef {Pick<ConversationsApi, 'page' | 'whole' | 'rename'>} ListApi
 */

export class ConversationList {
  /** @type {Stage} */
  stage = 'unread';
  /** A sentence; of the last fetch that failed. */
  problem = '';
  /** @type {Map<string, Kept>} */
  #known = new Map();
  /** Being deleted. @type {Set<string>} */
  #hidden = new Set();
  /** @type {string | null} */
  #next = null;

  /**
   * @param {ListApi} api
   * @param {() => void} changed
   */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
  }

  /** @returns {Kept[]} newest first */
  get entries() {
    const shown = [...this.#known.values()].filter(({ id }) => !this.#hidden.has(id));
    return shown.sort((a, b) => compare(b.updated_at, a.updated_at) || compare(b.id, a.id));
  }

  get hasMore() {
    return this.#next !== null;
  }

  /** Fetch the beginning, unless that has been done. */
  async load() {
    if (this.stage === 'unread' || this.stage === 'failed') await this.#fetch(this.#next);
  }

  /** Fetch the next page. */
  async more() {
    if (this.stage === 'ready' && this.#next !== null) await this.#fetch(this.#next);
  }

  /**
   * These are new, or not what they were.
   * @param {readonly string[]} ids
   */
  async refresh(ids) {
    if (this.stage === 'unread') return;
    try {
      const { conversations, next } = await this.api.page(null);
      this.#add(conversations);
      if (this.stage === 'failed') this.#next = next;
      const fresh = new Set(conversations.map(({ id }) => id));
      // What is not among the newest was deleted, or is further down than that.
      const others = ids.filter((id) => this.#known.has(id) && !fresh.has(id));
      await Promise.all(others.map((id) => this.#fetchOne(id)));
      this.#be('ready');
    } catch (problem) {
      this.#failed(problem);
    }
  }

  /**
   * Show another title at once, and the old one again when the server does not take it.
   * @param {string} id
   * @param {string} title
   * @throws {Refused}
   */
  async rename(id, title) {
    const before = this.#known.get(id);
    if (before === undefined || before.title === title) return;
    this.put({ ...before, title });
    try {
      this.put(await this.api.rename(id, title));
    } catch (problem) {
      this.put(before);
      throw problem;
    }
  }

  /**
   * Show one as it is now.
   * @param {Kept} conversation
   */
  put(conversation) {
    this.#known.set(conversation.id, conversation);
    this.changed();
  }

  /**
   * Do not show one while it is being deleted; once that has failed, show it again.
   * @param {string} id
   * @param {Promise<unknown>} deletion
   */
  async hide(id, deletion) {
    this.#hidden.add(id);
    this.changed();
    try {
      await deletion;
      this.#known.delete(id);
    } finally {
      this.#hidden.delete(id);
      this.changed();
    }
  }

  /** @param {string | null} before */
  async #fetch(before) {
    this.#be('loading');
    try {
      const { conversations, next } = await this.api.page(before);
      this.#add(conversations);
      this.#next = next;
      this.#be('ready');
    } catch (problem) {
      this.#failed(problem);
    }
  }

  /** @param {string} id */
  async #fetchOne(id) {
    try {
      const { messages: _, ...conversation } = await this.api.whole(id);
      this.#known.set(id, conversation);
    } catch (problem) {
      if (!(problem instanceof Refused) || problem.status !== 404) throw problem;
      this.#known.delete(id);
    }
  }

  /** @param {Kept[]} conversations */
  #add(conversations) {
    for (const conversation of conversations) this.#known.set(conversation.id, conversation);
  }

  /** @param {unknown} problem */
  #failed(problem) {
    this.problem = problem instanceof Error ? problem.message : String(problem);
    this.#be('failed');
  }

  /** @param {Stage} stage */
  #be(stage) {
    this.stage = stage;
    this.changed();
  }
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
