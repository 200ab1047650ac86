// @ts-check
// When a turn is over.

/** @import {State} from './state.js' */

import { changeAll } from './messages.js';

/**
 * The turn is over once the server has ended the reply and its last sound has been played.
 * @param {State} state
 * @returns {State}
 */
export function settled(state) {
  if (!state.turn?.done || state.messages.some((message) => message.playing)) return state;
  const { responseId } = state.turn;
  const messages = changeAll(
    state.messages,
    (message) => message.responseId === responseId && message.state === 'streaming',
    () => ({ state: 'done' }),
  );
  return { ...state, messages, turn: null };
}
