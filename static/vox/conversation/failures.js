// @ts-check
// What went wrong, told once: in the answer's own place where it has one, else as a notice.

/** @import {Response, WireError} from '../wire.js' */
/** @import {Message, State} from './state.js' */

import { changeAll, without } from './messages.js';
import { withNotice, withoutNotices } from './notices.js';
import { newMessage } from './state.js';

/**
 * The messages, with those of a response that has ended in `outcome`.
 * @param {State} state
 * @param {string} responseId
 * @param {Message['state']} outcome
 * @param {string} note
 */
export function ended(state, responseId, outcome, note) {
  return changeAll(
    state.messages,
    (message) => message.responseId === responseId && message.state === 'streaming',
    () => ({ state: outcome, note }),
  );
}

/**
 * The answer says why it failed, in its own place; an answer that never began gets one.
 * @param {State} state
 * @param {Response} response
 * @returns {State}
 */
export function withFailure(state, response) {
  const note =
    response.status_details?.error?.message || 'Something went wrong with this answer. Please try again.';
  const quiet = withoutNotices(state, ({ text }) => text === note);
  if (state.messages.some(({ responseId }) => responseId === response.id)) {
    return { ...quiet, messages: ended(quiet, response.id, 'failed', note) };
  }
  const id = `failed:${response.id}`;
  const message = newMessage({ id, role: 'assistant', state: 'failed', responseId: response.id, note });
  return { ...quiet, messages: [...quiet.messages, message] };
}

/** The page says it in words of its own. */
const SAID_ELSEWHERE = ['response_cancel_not_active', 'conversation_not_found'];

/** Asking for what is over already is no fault worth a word. */
const HARMLESS = ['response.cancel', 'conversation.item.truncate', 'input_audio_buffer.clear'];

/**
 * @param {State} state
 * @param {WireError} error
 * @returns {State}
 */
export function refused(state, error) {
  const id = error.event_id ?? '';
  if (SAID_ELSEWHERE.includes(error.code) || HARMLESS.includes(id.split(':')[0])) return state;
  const { turn } = state;
  const refused = turn !== null && turn.createId === id && turn.responseId === null;
  return withNotice(
    {
      ...state,
      creates: state.creates.filter((create) => create !== id),
      commits: state.commits.filter((commit) => commit !== id),
      messages: without(state.messages, ({ sentAs }) => sentAs !== null && sentAs === id),
      turn: refused ? null : turn,
      last: refused ? 'failed' : state.last,
    },
    { code: error.code, level: 'error', text: error.message },
  );
}
