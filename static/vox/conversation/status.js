// @ts-check
// What the page is doing, in one word.

/** @import {State} from './state.js' */

import { find } from './messages.js';

/**
 * @typedef {'loading' | 'ready' | 'starting' | 'listening' | 'transcribing' | 'thinking' | 'speaking'
 *   | 'stopped' | 'failed' | 'waiting' | 'hearing' | 'muted'} Phase each has a shape and a motion around
 *   the Talk button. 'waiting': hands-free, and nobody speaks; 'hearing': somebody does
 */

/** The words of role="status"; 'starting' and 'failed' leave the person free to go on. */
const WORDS = /** @type {const} */ ({
  loading: 'Loading…',
  ready: 'Ready',
  starting: 'Ready',
  listening: 'Listening',
  transcribing: 'Transcribing',
  thinking: 'Thinking',
  speaking: 'Speaking',
  stopped: 'Stopped',
  failed: 'Ready',
  waiting: 'Listening',
  hearing: 'Hearing you',
  muted: 'Muted',
});

/**
 * @param {State} state
 * @returns {Phase}
 */
export function phase(state) {
  if (state.recording === 'on') return 'listening';
  if (state.recording === 'finishing') return 'transcribing';
  if (state.recording === 'starting') return 'starting';
  if (state.utterance !== null) return 'hearing';
  if (state.turn?.hearing) return 'transcribing';
  const unasked = state.unasked === null ? undefined : find(state.messages, state.unasked);
  if (unasked) return unasked.state === 'hearing' ? 'transcribing' : 'thinking';
  if (state.turn) return state.turn.answering ? 'speaking' : 'thinking';
  if (state.replay?.stage === 'playing') return 'speaking';
  if (state.connection !== 'open' || loadingKinds(state).length > 0 || state.models === null)
    return 'loading';
  if (state.handsFree === 'opening') return 'starting';
  if (state.handsFree === 'on') return state.muted ? 'muted' : 'waiting';
  if (state.last !== 'none') return state.last;
  const broken = state.models.stt.state === 'failed' || state.models.llm.state === 'failed';
  return broken ? 'failed' : 'ready';
}

/** @param {State} state */
export function statusWord(state) {
  return WORDS[phase(state)];
}

/**
 * The models that are loading and without which there is no answer; the voice may come later.
 * @param {State} state
 */
export function loadingKinds({ models }) {
  if (models === null) return [];
  return /** @type {const} */ (['stt', 'llm']).filter((kind) => models[kind].state === 'loading');
}

/**
 * Whether a reply is under way that could be stopped.
 * @param {State} state
 */
export function replying(state) {
  return state.turn !== null;
}
