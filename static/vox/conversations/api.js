// @ts-check
// The conversations that the server keeps, as its HTTP side gives them.

/** @import {KeptMessage} from '../wire.js' */

import { ask } from '../api.js';

/**
 * @typedef {object} Kept a conversation in the list
 * @property {string} id
 * @property {string | null} title
 * @property {string} created_at ISO 8601
 * @property {string} updated_at when something was last said in it
 * @property {number} message_count
 *
 * @typedef {Kept & {messages: KeptMessage[]}} Whole
 *
 * @typedef {object} Page
 * @property {Kept[]} conversations newest first
 * @property {string | null} next where the next page begins; null when this is the last
 *
 * @typedef {{text: string, hit: boolean}} Piece of a snippet; a hit is one of the words looked for
 *
 * @typedef {object} Match
 * @property {string | null} message_id null for the title
 * @property {'user' | 'assistant' | 'system' | null} role
 * @property {Piece[]} snippet
 *
 * @typedef {{conversation: Kept, matches: Match[]}} Hit
 *
 * @typedef {object} KeptSound all that is kept of what was said
 * @property {boolean} keep whether what is said from now on is kept
 * @property {number} bytes
 * @property {number} limit_bytes
 * @property {number} messages
 */

const ROOT = '/api/conversations';

/** @typedef {typeof conversations} ConversationsApi */
export const conversations = {
  /**
   * @param {string | null} before a page's `next`; null for the first page
   * @returns {Promise<Page>}
   */
  page: (before) => ask('GET', before === null ? ROOT : `${ROOT}?before=${encodeURIComponent(before)}`),

  /**
   * @param {string} words
   * @param {AbortSignal} signal
   * @returns {Promise<{hits: Hit[]}>}
   */
  search: (words, signal) => ask('GET', `${ROOT}/search?q=${encodeURIComponent(words)}`, { signal }),

  /**
   * @param {string} id
   * @param {AbortSignal} [signal]
   * @returns {Promise<Whole>}
   */
  whole: (id, signal) => ask('GET', address(id), { signal }),

  /**
   * @param {string} id
   * @param {string} title
   * @returns {Promise<Kept>}
   */
  rename: (id, title) => ask('PATCH', address(id), { body: { title } }),

  /** @param {string} id */
  remove: (id) => ask('DELETE', address(id)),

  /**
   * @param {string} id
   * @returns {Promise<Kept>}
   */
  restore: (id) => ask('POST', `${address(id)}/restore`),
};

/** The sound that is kept of all conversations. */
export const keptSound = {
  /** @returns {Promise<KeptSound>} */
  get: () => ask('GET', '/api/speech'),

  /** @param {boolean} keep */
  keep: (keep) => ask('PATCH', '/api/settings', { body: { keep_speech: keep } }),

  /** @param {number} megabytes */
  limit: (megabytes) => ask('PATCH', '/api/settings', { body: { speech_limit_mb: megabytes } }),

  /** @returns {Promise<KeptSound>} */
  throwAway: () => ask('DELETE', '/api/speech'),
};

/**
 * @param {string} id
 * @param {'markdown' | 'json'} format
 */
export function exportAddress(id, format) {
  return `${address(id)}/export?format=${format}`;
}

/**
 * @param {string} id of the conversation
 * @param {string | null} messageId null for all of it
 * @param {'wav' | 'opus'} format
 * @param {boolean} [download] as a file with a name of its own
 */
export function speechAddress(id, messageId, format, download = false) {
  const message = messageId === null ? '' : `/messages/${encodeURIComponent(messageId)}`;
  return `${address(id)}${message}/speech?format=${format}${download ? '&download=1' : ''}`;
}

/** @param {string} id */
function address(id) {
  return `${ROOT}/${encodeURIComponent(id)}`;
}
