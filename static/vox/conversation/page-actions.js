// @ts-check
// What happens in the page itself: presses, the microphone, the loudspeaker, the connection.

/** @import {Heard, PageAction, State} from './state.js' */

import { opening, withAllKept } from './kept.js';
import { change, changeAll, without } from './messages.js';
import { BUSY, CONNECTION, withNotice, withoutNotices, withoutPassing } from './notices.js';
import { spokenEnd } from './phrases.js';
import { NEW_TURN, newMessage } from './state.js';
import { askedBy } from './timings.js';
import { settled } from './turn.js';
import { dropped } from './utterance.js';

/**
 * @param {State} state
 * @param {PageAction} action
 * @param {number} now when it happened
 * @returns {State}
 */
export function onPageAction(state, action, now) {
  switch (action.type) {
    case 'page.recording':
      if (action.phase === 'starting') state = dropped(nextAction(state));
      if (action.phase === 'finishing') state = { ...state, finishedAt: now };
      return { ...state, recording: action.phase, quiet: false };
    case 'page.quiet':
      return { ...state, quiet: action.quiet };
    case 'page.handsFree':
      return handsFree(state, action.phase);
    case 'page.muted':
      return { ...dropped(state), muted: action.muted, quiet: false };
    case 'page.unheard':
      return state.utterance?.itemId === action.itemId ? dropped(state) : state;
    case 'page.dropped':
      return dropped(state);
    case 'page.takenBack':
      return takenBack(state, action.responseId);
    case 'page.spoke': {
      const { commitId, createId } = action;
      return {
        ...nextAction(state),
        turn: { ...NEW_TURN, commitId, createId, askedAt: state.finishedAt, hearing: true },
        commits: [...state.commits, commitId],
        creates: [...state.creates, createId],
      };
    }
    case 'page.typed': {
      const { itemId, text, sentAs, createId } = action;
      return {
        ...nextAction(state),
        turn: { ...NEW_TURN, createId, askedAt: now },
        creates: [...state.creates, createId],
        messages: [...state.messages, newMessage({ id: itemId, role: 'user', text, sentAs })],
      };
    }
    case 'page.interrupted':
      return interrupted(state, action.heard, now);
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
    case 'page.firstSound':
      return { ...state, messages: change(state.messages, action.itemId, () => ({ soundAt: action.at })) };
    case 'page.voicedUntil':
      return askedBy(state, action.responseId, action.at);
    case 'page.notice':
      return withNotice(state, action.notice);
    case 'page.dismissed':
      return withoutNotices(state, (notice) => notice === action.notice);
    case 'page.disconnected':
      return disconnected(state, action.sentence);
    case 'page.opening':
      return opening(state, action.id);
    case 'page.kept':
      return withAllKept(state, action.id, action.messages);
    case 'page.replay':
      return { ...state, replay: action.replay };
  }
}

/**
 * @param {State} state
 * @returns {State}
 */
function nextAction(state) {
  return { ...withoutPassing(state), last: 'none' };
}

/**
 * @param {State} state
 * @param {State['handsFree']} phase
 * @returns {State}
 */
function handsFree(state, phase) {
  if (phase === 'opening') state = nextAction(state);
  // Switched off it throws away what is being heard; and it is never muted from the beginning.
  if (phase === 'off') state = { ...dropped(state), muted: false };
  return { ...state, handsFree: phase, quiet: false };
}

/**
 * The person went on before anything of the answer was heard: it never was, and the utterance goes
 * on. Its next item comes at once.
 * @param {State} state
 * @param {string} responseId
 * @returns {State}
 */
function takenBack(state, responseId) {
  const { turn } = state;
  if (turn?.responseId !== responseId) return state;
  return {
    ...state,
    messages: without(state.messages, (message) => message.responseId === responseId),
    dead: new Set([...state.dead, responseId]),
    turn: null,
    utterance: turn.itemId === null ? null : { itemId: turn.itemId, stage: 'goes on' },
  };
}

/**
 * The turn under way ends here: nothing more of it is heard or shown.
 * @param {State} state
 * @param {ReadonlyMap<string, Heard>} heard by item
 * @param {number} now
 * @returns {State}
 */
function interrupted(state, heard, now) {
  const responseId = state.turn?.responseId ?? null;
  const messages = changeAll(
    state.messages,
    // One that another tab speaks goes on.
    ({ playing, state, kept }) => playing || (state === 'streaming' && !kept),
    (message) => ({
      playing: false,
      making: null,
      state: message.state === 'streaming' ? 'stopped' : message.state,
      spokenEnd: message.silent ? null : spokenEnd(message, heard.get(message.id)),
      // Scheduled, and silenced before it came.
      soundAt: message.soundAt !== null && message.soundAt > now ? null : message.soundAt,
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
    ({ state, kept }) => !kept && (state === 'streaming' || state === 'hearing'),
    (message) => ({
      state: 'failed',
      playing: false,
      making: null,
      unstable: null,
      note:
        message.role === 'user'
          ? 'The connection was lost before this was written down. Please say it again.'
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
      utterance: null,
      unasked: null,
      creates: [],
      commits: [],
      dead: new Set(),
      last: failed ? 'failed' : state.last,
    },
    { code: CONNECTION, level: 'warning', text: sentence },
  );
}
