// @ts-check
// What VOX says to the person, where the page and not the server has to find the words.

/** @import {State} from './conversation/state.js' */
/** @import {Kind} from './wire.js' */

import { loadingKinds } from './conversation/status.js';

/** @type {Record<Kind, string>} */
export const NAMES = { stt: 'The transcriber', llm: 'The language model', tts: 'The voice' };

/** @type {Record<string, string>} by the name of getUserMedia's error; what to do next follows */
const MICROPHONE = {
  NotAllowedError:
    'The browser does not let this page use the microphone. Allow it in the address bar or the browser’s settings',
  NotFoundError: 'I couldn’t find a microphone. Connect one',
  NotReadableError:
    'The microphone is in use by another program, or the system does not give it out. Close the other program',
};

const INSECURE =
  'Browsers give out the microphone only on https addresses and on localhost. Open VOX by https, or by its localhost address on the machine it runs on. Typing works here too.';

const NO_MICROPHONE =
  'I couldn’t open the microphone. Check that one is connected and that this page may use it';

/**
 * @param {unknown} problem what opening the microphone threw
 * @param {string} [again] how to try again
 */
export function microphoneProblem(problem, again = 'press Talk again') {
  const name = problem instanceof Error ? problem.name : '';
  return name === 'InsecureContext' ? INSECURE : `${MICROPHONE[name] ?? NO_MICROPHONE}, then ${again}.`;
}

export const HANDS_FREE_AGAIN = 'switch Hands-free on again';
export const HANDS_FREE_LOST =
  'The microphone went away, so Hands-free is off. Connect it, then switch Hands-free on again.';
export const TOO_SHORT_HELD =
  'That was too short to hear. Hold the space bar for as long as you speak.';
export const TOO_SHORT =
  'That was too short to hear. Press Talk, speak, and press it again when you have finished.';
export const NO_SOUND = 'No sound came from the microphone. Check that it is connected and not muted.';
export const MICROPHONE_LOST = 'The microphone went away. I went on with what I had heard until then.';
export const SPEAKER_FAILED =
  'The loudspeaker that you chose cannot be used now, so you hear me on the system’s own.';
export const SOUND_BLOCKED = 'The browser holds the sound back. Click or press any key to hear the answer.';
export const TOKEN_WANTED = 'VOX wants its token again. Reload the page to sign in.';
export const NOT_HERE =
  'That conversation is not here: it was deleted, or the address is not right. This is a new one.';
export const NO_MESSAGES = 'What was said here could not be fetched';
export const NO_REPLAY = 'The sound of this message could not be played.';
export const STILL_RECORDING =
  'You are still recording. Press Talk to finish, or Stop All to throw it away, then send this.';

/**
 * Why nothing can be said to VOX now, or "".
 * @param {State} state
 * @param {Kind[]} needed
 */
export function obstacle(state, needed) {
  if (state.connection !== 'open') return 'There is no connection to VOX yet. Wait a moment, then try again.';
  const kind = loadingKinds(state).find((kind) => needed.includes(kind));
  return kind === undefined ? '' : `${NAMES[kind]} is still loading. Try again in a moment.`;
}

/**
 * @param {number} code why the socket was closed
 * @param {boolean} wasOpen
 */
export function connectionLost(code, wasOpen) {
  switch (code) {
    case 1001:
      return 'VOX has been shut down. I’ll connect again when it is back.';
    case 1008:
      return 'VOX closed the connection, because too much was sent at once. Connecting again…';
    case 1009:
      return 'That was too long for VOX. Connecting again…';
    case 1013:
      return 'VOX has no place for another conversation at the moment. I’ll try again in a while.';
    default:
      return wasOpen
        ? 'The connection to VOX was lost. Connecting again…'
        : 'VOX can’t be reached. Is it running? I’ll keep trying.';
  }
}
