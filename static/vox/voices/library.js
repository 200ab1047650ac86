// @ts-check
// The voice library on the server, as requests. What fails throws an Error with a sentence for the person.

/**
 * @typedef {object} Voice
 * @property {string} id what a session or a conversation names it by
 * @property {string} name
 * @property {'built_in' | 'recorded'} kind
 * @property {string} engine
 * @property {boolean} is_default
 * @property {boolean} usable
 * @property {string} why_not a sentence, "" where it is usable
 * @property {number | null} seconds of its recording
 * @property {number[]} waveform 0 to 1
 * @property {boolean} prepared it speaks at once
 * @property {number | null} prepare_seconds what its first use took
 *
 * @typedef {object} Addition
 * @property {Blob} file
 * @property {string} name
 * @property {boolean} permission
 *
 * @typedef {object} Sending a voice on its way to the server
 * @property {Promise<{voice: Voice, remark: string}>} done
 * @property {() => void} cancel `done` then throws a DOMException named AbortError
 */

/** Bytes that the server takes. */
export const LARGEST_FILE = 64 * 1024 * 1024;

const PATH = '/api/voices';
const UNREACHABLE = 'VOX can’t be reached. Is it running?';

/** @returns {Promise<Voice[]>} */
export async function list() {
  return (await (await ask('GET', PATH)).json()).voices;
}

/**
 * @param {string} id
 * @param {string} name
 */
export async function rename(id, name) {
  await ask('PATCH', of(id), { name });
}

/** @param {string} id */
export async function remove(id) {
  await ask('DELETE', of(id));
}

/** @param {string} id */
export async function makeDefault(id) {
  await ask('POST', `${of(id)}/default`);
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>} a sentence spoken with the voice, a sound file
 */
export async function preview(id, signal) {
  return (await ask('POST', `${of(id)}/preview`, {}, signal)).arrayBuffer();
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer>} the recording that the voice was made of, a sound file
 */
export async function recording(id, signal) {
  return (await ask('GET', `${of(id)}/recording`, undefined, signal)).arrayBuffer();
}

/**
 * Send a recording to be kept. XMLHttpRequest, for only it tells how much has been sent.
 * @param {Addition} addition
 * @param {(share: number) => void} sent 0 to 1; at 1 the server begins to listen to it
 * @returns {Sending}
 */
export function add({ file, name, permission }, sent) {
  const form = new FormData();
  form.append('name', name);
  form.append('permission', String(permission));
  form.append('file', file, 'recording');
  const request = new XMLHttpRequest();
  /** @type {Sending['done']} */
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => sent(total > 0 ? loaded / total : 0);
    request.upload.onload = () => sent(1);
    request.onload = () => {
      if (request.status === 201) resolve(request.response);
      else reject(new Error(request.response?.error ?? `VOX answered with ${request.status}.`));
    };
    request.onerror = () => reject(new Error(UNREACHABLE));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
  });
  request.open('POST', PATH);
  request.responseType = 'json';
  request.send(form);
  return { done, cancel: () => request.abort() };
}

/** @param {string} id */
function of(id) {
  return `${PATH}/${encodeURIComponent(id)}`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
async function ask(method, path, body, signal) {
  const headers = { 'Content-Type': 'application/json' };
  const sent = body && { headers, body: JSON.stringify(body) };
  const answer = await fetch(path, { method, signal, ...sent }).catch((problem) => {
    throw signal?.aborted ? problem : new Error(UNREACHABLE);
  });
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.error ?? `VOX answered with ${answer.status}.`);
}
