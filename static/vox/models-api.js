// @ts-check
// The models, the settings that choose them, and the memory, as the server's HTTP side gives them.
// How a load or a change goes comes over the socket.

/** @import {Kind, Model} from './wire.js' */

import { ask } from './api.js';

/**
 * @typedef {object} Memory in bytes
 * @property {number} process_bytes
 * @property {number | null} gpu_bytes
 * @property {number | null} gpu_total_bytes
 *
 * @typedef {object} History of the memory, the oldest first
 * @property {number} interval_seconds
 * @property {number} kept_seconds
 * @property {number[]} process_bytes
 * @property {(number | null)[]} gpu_bytes
 *
 * @typedef {object} Setting of the server
 * @property {string} name
 * @property {string | number | boolean | null} value null for a secret one
 * @property {string} source
 * @property {boolean} fixed
 * @property {string} why_fixed a sentence, '' where it may be changed
 * @property {boolean} is_set
 * @property {string} [kept_for] of the key: the address of the server that it is kept for, '' without one
 *
 * @typedef {Map<string, Setting>} Settings by name
 *
 * @typedef {object} Choice what a setting may be
 * @property {string} value
 * @property {string} name
 * @property {string} about
 * @property {number | null} [megabytes]
 * @property {boolean | null} [on_disk]
 * @property {boolean} [downloadable] false where the server was told to stay offline
 *
 * @typedef {object} Trial what came of testing a brain's server
 * @property {boolean} ok
 * @property {boolean} reachable
 * @property {string} url
 * @property {string[]} models
 * @property {string} model
 * @property {number | null} first_token_ms
 * @property {string} problem a sentence, '' where everything is well
 *
 * @typedef {{[setting: string]: string | number | boolean | null}} Values
 */

/** @typedef {typeof modelsApi} ModelsApi */

export const modelsApi = {
  /** @returns {Promise<{models: import('./wire.js').Models, memory: Memory}>} */
  status: () => ask('GET', '/api/status'),

  /** @returns {Promise<{now: Memory, history: History | null}>} */
  memory: () => ask('GET', '/api/memory'),

  /**
   * @param {Kind} kind
   * @param {'load' | 'unload' | 'cancel'} what
   * @param {'idle' | 'now'} [when] what to do about its being used
   * @returns {Promise<Model>}
   * @throws {import('./api.js').Refused} 409 when it is used, with `told.in_use`
   */
  change: (kind, what, when) => ask('POST', `/api/models/${kind}/${what}`, when && { body: { when } }),

  /**
   * @param {Kind} kind
   * @param {Values} values of the settings that choose it
   */
  switchTo: (kind, values) => ask('POST', `/api/models/${kind}/switch`, { body: values }),

  /**
   * @param {Kind} kind
   * @returns {Promise<{[setting: string]: Choice[]}>}
   */
  choices: (kind) => ask('GET', `/api/models/${kind}/choices`),

  /** @returns {Promise<Settings>} */
  settings: async () => byName(await ask('GET', '/api/settings')),

  /**
   * @param {Values} values null goes back to the default
   * @returns {Promise<Settings>}
   */
  save: async (values) => byName(await ask('PATCH', '/api/settings', { body: values })),

  /**
   * The models of the server at an address, '' for one on this machine.
   * @param {string} url
   * @param {string} key '' for the one that is kept for it
   * @returns {Promise<{url: string, models: string[]}>}
   */
  brainModels: (url, key) => ask('POST', '/api/brain/models', { body: { url, ...(key && { key }) } }),

  /**
   * @param {string} url
   * @param {string} model
   * @param {string} key
   * @param {AbortSignal} signal
   * @returns {Promise<Trial>}
   */
  testBrain: (url, model, key, signal) =>
    ask('POST', '/api/brain/test', { body: { url, model, ...(key && { key }) }, signal }),
};

/**
 * @param {{settings: Setting[]}} told
 * @returns {Settings}
 */
function byName({ settings }) {
  return new Map(settings.map((setting) => [setting.name, setting]));
}
