// @ts-check
// One line under the text box: what is going on, and what can be done now.

/** @import {State} from '../conversation/state.js' */

import { awaited } from '../conversation/making.js';
import { loadingKinds, phase } from '../conversation/status.js';
import { preferences } from '../preferences.js';
import { NAMES } from '../sentences.js';
import { progressWords } from './models.js';

/**
 * @param {State} state
 * @returns {string}
 */
export function hint(state) {
  switch (phase(state)) {
    case 'loading':
      return loadingHint(state);
    case 'starting':
      return 'Asking for the microphone. Allow it if the browser asks; press again to leave it.';
    case 'listening':
      return state.quiet
        ? 'I hear nothing at all. Is the microphone muted?'
        : 'I’m listening. Press again when you have finished.';
    case 'transcribing':
      return 'Writing down what you said.';
    case 'thinking':
      return thinkingHint(state);
    case 'speaking':
      return state.handsFree === 'on' ? speakingHint(state) : 'Press Talk to interrupt.';
    case 'waiting':
      return waitingHint(state);
    case 'hearing':
      return 'Go on. I answer when you have finished.';
    case 'muted':
      return 'I hear nothing until you press Mute again.';
    case 'stopped':
      return 'Everything is quiet. Press Talk to go on.';
    case 'failed':
      return failedHint(state);
    case 'ready':
      return state.messages.length === 0
        ? 'Press Talk, or hold the space bar, and speak. Or type. Esc stops everything.'
        : 'Press Talk or hold the space bar to answer. Esc stops everything.';
  }
}

/** @param {State} state */
function waitingHint({ last, quiet }) {
  if (quiet) return 'I hear nothing at all. Is the microphone muted?';
  if (last === 'stopped') return 'Everything is quiet. Speak to go on.';
  if (last === 'failed') return 'That did not work. Say it again.';
  return 'Just speak; I hear when you have finished.';
}

/** @param {State} state */
function speakingHint({ muted }) {
  if (muted) return 'You are muted. Press Talk to interrupt.';
  return preferences.get().bargeIn ? 'Speak to interrupt.' : 'Press Talk to interrupt.';
}

/** @param {State} state */
function thinkingHint({ messages, models }) {
  if (models?.tts.state === 'loading') return 'The voice is still loading; you hear the answer when it is ready.';
  const making = messages.some((message) => awaited(message) !== null);
  return making ? 'Making the sound of the answer.' : 'Thinking about an answer.';
}

/** @param {State} state */
function loadingHint(state) {
  if (state.connection === 'connecting') return 'Connecting to VOX.';
  if (state.connection === 'lost') return 'Waiting for VOX to come back.';
  const kind = loadingKinds(state)[0];
  if (kind === undefined || state.models === null) return 'Waiting for the models.';
  const words = progressWords(state.models[kind]);
  return `${NAMES[kind]} is loading${words ? `: ${words}` : ''}.`;
}

/** @param {State} state */
function failedHint({ last, models }) {
  if (last === 'failed') return 'That did not work. Press Talk to try again.';
  const kind = models?.stt.state === 'failed' ? 'stt' : 'llm';
  return `${NAMES[kind]} could not be loaded. Open Models to see why.`;
}
