// @ts-check
// The page's title, which is what another tab or window shows of it: whether the microphone is open, and
// whether VOX speaks. What passes in a second is left out.

/** @import {State} from '../conversation/state.js' */

import { phase } from '../conversation/status.js';

/** @type {Partial<Record<import('../conversation/status.js').Phase, string>>} */
const WORDS = {
  listening: 'Listening',
  waiting: 'Listening',
  hearing: 'Listening',
  muted: 'Muted',
  speaking: 'Speaking',
};

/**
 * @param {State} state
 * @param {string} [name] of the conversation
 */
export function title(state, name = '') {
  return [WORDS[phase(state)] ?? '', name, 'VOX'].filter((part) => part !== '').join(' · ');
}
