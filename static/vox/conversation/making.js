// @ts-check
// Sound that is being made and that nobody hears yet: how far the phrase is that comes next.

/** @import {PhraseProgressEvent} from '../wire.js' */
/** @import {Message, State} from './state.js' */

import { changeAll } from './messages.js';

/**
 * The voice may work on several phrases at once; the first of them is the one that is waited for.
 * @param {Pick<Message, 'making'>} message
 * @param {PhraseProgressEvent} event
 * @returns {Partial<Message>}
 */
export function progressed({ making }, { index, fraction }) {
  return making !== null && making.index < index ? {} : { making: { index, fraction } };
}

/**
 * How much of the sound is made that the person waits for, 0 to 1; null while there is sound to hear
 * or none is being made.
 * @param {Message} message
 */
export function awaited({ making, playing, silent, state }) {
  return making === null || playing || silent || state !== 'streaming' ? null : making.fraction;
}

/**
 * @param {State} state
 * @returns {State} with nothing in the making
 */
export function nothingMade(state) {
  if (state.messages.every(({ making }) => making === null)) return state;
  const messages = changeAll(
    state.messages,
    ({ making }) => making !== null,
    () => ({ making: null }),
  );
  return { ...state, messages };
}
