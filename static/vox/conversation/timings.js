// @ts-check
// When a reply was asked for, and what was measured of it. All of it stays true of one that was stopped.

/** @import {TimingsEvent} from '../wire.js' */
/** @import {State} from './state.js' */

import { changeAll } from './messages.js';

/**
 * @param {State} state
 * @param {TimingsEvent} event
 * @returns {State}
 */
export function measured(state, event) {
  const messages = changeAll(
    state.messages,
    ({ responseId }) => responseId === event.response_id,
    () => ({ timings: event }),
  );
  return { ...state, messages };
}

/**
 * The person's voice ended at `at`: with that they asked for the reply, unless a press told it already.
 * @param {State} state
 * @param {string} responseId
 * @param {number} at
 * @returns {State}
 */
export function askedBy(state, responseId, at) {
  const messages = changeAll(
    state.messages,
    (message) => message.responseId === responseId && message.askedAt === null,
    () => ({ askedAt: at }),
  );
  return { ...state, messages };
}
