// @ts-check
// What happens in the page itself: presses, the microphone, the loudspeaker, the connection.

/** @import {Heard, PageAction, State} from './state.js' */

import { change, changeAll, without } from './messages.js';
import { BUSY, CONNECTION, withNotice, withoutNotices } from './notices.js';
import { spokenEnd } from './phrases.js';
import { NEW_TURN, newMessage } from './state.js';
import { settled } from './turn.js';

/**
 * @param {State} state
 * @param {PageAction} action
 * @returns {State}
 */
export function onPageAction(state, action) {
  switch (action.type) {
    case 'page.recording':
      if (action.phase === 'starting') state = nextAction(state);
      return { ...state, recording: action.phase, quiet: false };
    case 'page.quiet':
      return { ...state, quiet: action.quiet };
    case 'page.spoke': {
      const { commitId, createId } = action;
      return {
        ...nextAction(state),
        turn: { ...NEW_TURN, commitId, createId, hearing: true },
        commits: [...state.commits, commitId],
        creates: [...state.creates, createId],
      };
    }
    case 'page.typed': {
      const { itemId, text, sentAs, createId } = action;
      return {
        ...nextAction(state),
        turn: { ...NEW_TURN, createId },
        creates: [...state.creates, createId],
        messages: [...state.messages, newMessage({ id: itemId, role: 'user', text, sentAs })],
      };
    }
    case 'page.interrupted':
      return interrupted(state, action.heard);
    case 'page.stopped':
      return state.last === 'stopped' ? state : { ...state, last: 'stopped' };
    case 'page.audioStarted': {
      const messages = change(state.messages, action.itemId, () => ({ playing: true }));
      return { ...state, messages, turn: state.turn && { ...state.turn, answering: true } };
    }
    case 'page.audioEnded': {
      const messages = change(state.messages, action.itemId, () => ({ playing: false }));
      return settled({ ...state, messages });
    }
    case 'page.notice':
      return withNotice(state, action.notice);
    case 'page.dismissed':
      return withoutNotices(state, (notice) => notice === action.notice);
    case 'page.disconnected':
      return disconnected(state, action.sentence);
  }
}

/**
 * @param {State} state
 * @returns {State}
 */
function nextAction(state) {
  return { ...withoutNotices(state, ({ code }) => code !== CONNECTION), last: 'none' };
}

/**
 * The turn under way ends here: nothing more of it is heard or shown.
 * @param {State} state
 * @param {ReadonlyMap<string, Heard>} heard by item
 * @returns {State}
 */
function interrupted(state, heard) {
  const responseId = state.turn?.responseId ?? null;
  const messages = changeAll(
    state.messages,
    ({ playing, state }) => playing || state === 'streaming',
    (message) => ({
      playing: false,
      making: null,
      state: message.state === 'streaming' ? 'stopped' : message.state,
      spokenEnd: message.silent ? null : spokenEnd(message, heard.get(message.id)),
    }),
  );
  const dead = responseId === null ? state.dead : new Set([...state.dead, responseId]);
  return { ...state, messages, dead, turn: null };
}

/**
 * @param {State} state
 * @param {string} sentence
 * @returns {State}
 */
function disconnected(state, sentence) {
  const sent = without(state.messages, (message) => message.sentAs !== null);
  const messages = changeAll(
    sent,
    (message) => message.state === 'streaming' || message.state === 'hearing',
    (message) => ({
      state: 'failed',
      playing: false,
      making: null,
      note:
        message.role === 'user'
          ? 'The connection was lost before this was written down.'
          : 'The connection was lost in the middle of this answer.',
    }),
  );
  const failed = state.turn !== null || state.recording === 'on';
  return withNotice(
    {
      ...withoutNotices(state, ({ code }) => code === BUSY),
      connection: 'lost',
      messages,
      turn: null,
      creates: [],
      commits: [],
      dead: new Set(),
      last: failed ? 'failed' : state.last,
    },
    { code: CONNECTION, level: 'warning', text: sentence },
  );
}
