// @ts-check
// The server's HTTP side: how it is asked, and whether it lets us in.

/** Whether the server wants its token before anything else; false when it cannot be reached. */
export async function wantsToken() {
  const answer = await fetch('/api/status').catch(() => null);
  return answer?.status === 401;
}

/** The server did not do what it was asked for; the message is a sentence for the person. */
export class Refused extends Error {
  /**
   * @param {string} sentence
   * @param {number} status HTTP's; 0 when the server cannot be reached
   * @param {any} [told] all that was answered
   */
  constructor(sentence, status, told = {}) {
    super(sentence);
    this.status = status;
    this.told = told;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, signal?: AbortSignal}} [more] what is sent as JSON; what calls it off
 * @returns {Promise<any>} what was answered; {} when that was nothing
 * @throws {Refused}
 * @throws {DOMException} named AbortError, when it was called off
 */
export async function ask(method, path, { body, signal } = {}) {
  const sent = body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, { method, signal, ...sent }).catch((problem) => {
    throw signal?.aborted ? problem : new Refused('VOX can’t be reached. Is it running?', 0);
  });
  const told = await answer.json().catch(() => ({}));
  signal?.throwIfAborted();
  if (!answer.ok) throw new Refused(told.error ?? `VOX answered with ${answer.status}.`, answer.status, told);
  return told;
}
