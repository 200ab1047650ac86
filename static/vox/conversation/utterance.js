// @ts-check
// An utterance in the open, while it goes on: the server hears when it begins and ends, and what it
// seems to say until then.

/** @import {HearingEvent} from '../wire.js' */
/** @import {State} from './state.js' */

import { change, without } from './messages.js';
import { newMessage } from './state.js';

/**
 * @param {State} state
 * @param {string} itemId
 * @returns {State}
 */
export function begun(state, itemId) {
  const earlier = state.utterance?.stage === 'goes on' ? state.utterance.itemId : null;
  if (earlier === null) state = dropped(state);
  const words = state.messages.find(({ id }) => id === earlier);
  const others = without(state.messages, ({ id }) => id === earlier);
  const message = newMessage({ id: itemId, role: 'user', state: 'hearing' });
  // What was said before the pause is the beginning of this; how it was written down may change.
  if (words) Object.assign(message, { text: joined(words.text, words.unstable ?? ''), unstable: '' });
  return {
    ...state,
    messages: [...others, message],
    utterance: { itemId, stage: 'on' },
    unasked: null,
    quiet: false,
    last: 'none',
  };
}

/**
 * @param {State} state
 * @param {HearingEvent} event
 * @returns {State}
 */
export function words(state, { item_id: itemId, stable, unstable }) {
  if (state.utterance?.itemId !== itemId) return state;
  return { ...state, messages: change(state.messages, itemId, () => ({ text: stable, unstable })) };
}

/**
 * It has ended. If it was speech it is committed next; else nothing more comes of it.
 * @param {State} state
 * @param {string} itemId
 * @returns {State}
 */
export function over(state, itemId) {
  return state.utterance?.itemId === itemId ? { ...state, utterance: { itemId, stage: 'over' } } : state;
}

/**
 * What is being heard is thrown away.
 * @param {State} state
 * @returns {State}
 */
export function dropped(state) {
  const { utterance } = state;
  if (utterance === null) return state;
  return {
    ...state,
    messages: without(state.messages, ({ id }) => id === utterance.itemId),
    utterance: null,
  };
}

/**
 * The stable words and those that follow them, as one text.
 * @param {string} stable
 * @param {string} unstable
 */
export function joined(stable, unstable) {
  return stable === '' || unstable === '' ? stable + unstable : `${stable} ${unstable}`;
}
