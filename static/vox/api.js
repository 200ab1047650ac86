// @ts-check
// The server's HTTP side: what the models take, loading and unloading them, and whether it lets us in.

/** @import {Kind} from './wire.js' */

/**
 * @typedef {object} Memory in bytes
 * @property {number} process_bytes
 * @property {number | null} gpu_bytes
 * @property {number | null} gpu_total_bytes
 */

/** @returns {Promise<Memory>} */
export async function memory() {
  const status = await ask('GET', '/api/status');
  return status.memory;
}

/**
 * Begin to load or unload a model; how it goes comes over the socket.
 * @param {Kind} kind
 * @param {'load' | 'unload'} what
 * @returns {Promise<void>}
 * @throws {Error} with a sentence for the person
 */
export async function change(kind, what) {
  await ask('POST', `/api/models/${kind}/${what}`);
}

/** Whether the server wants its token before anything else; false when it cannot be reached. */
export async function wantsToken() {
  const answer = await fetch('/api/status').catch(() => null);
  return answer?.status === 401;
}

/**
 * @param {string} method
 * @param {string} path
 * @returns {Promise<any>}
 */
async function ask(method, path) {
  const answer = await fetch(path, { method }).catch(() => {
    throw new Error('VOX can’t be reached. Is it running?');
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `VOX answered with ${answer.status}.`);
  return body;
}
