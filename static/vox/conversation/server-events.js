// @ts-check
// What the server says, as far as it changes what the page knows. Sound goes to the player instead.

/** @import {Item, NoticeEvent, OutputItemAdded, Response, ServerEvent, TextDelta} from '../wire.js' */
/** @import {Message, State} from './state.js' */

import { ended, refused, withFailure } from './failures.js';
import { connectedAnew, toldOf, withKept } from './kept.js';
import * as utterance from './utterance.js';
import { nothingMade, progressed } from './making.js';
import { change, changeAll, find, without } from './messages.js';
import { withNotice, withoutEnded, withoutOldTroubles, withoutPassing } from './notices.js';
import { NEW_TURN, newMessage } from './state.js';
import { measured } from './timings.js';
import { settled } from './turn.js';

/**
 * @param {State} state
 * @param {ServerEvent} event
 * @returns {State}
 */
export function onServerEvent(state, event) {
  switch (event.type) {
    case 'session.created':
      return { ...sessionCreated(state), voice: event.session?.audio?.output?.voice ?? 'default' };
    case 'session.updated':
      return { ...state, voice: event.session.audio?.output?.voice ?? 'default' };
    case 'input_audio_buffer.committed':
      return committed(state, event.item_id);
    case 'input_audio_buffer.speech_started':
      return utterance.begun(state, event.item_id);
    case 'vox.hearing':
      return utterance.words(state, event);
    case 'input_audio_buffer.speech_stopped':
      return utterance.over(state, event.item_id);
    case 'conversation.item.added':
      return itemAdded(state, event.item);
    case 'conversation.item.deleted':
      return itemDeleted(state, event.item_id);
    case 'conversation.item.input_audio_transcription.delta':
      // The words heard live stay until the final ones are whole.
      return patch(state, event.item_id, ({ text, unstable }) =>
        unstable === null ? { text: text + event.delta } : {},
      );
    case 'conversation.item.input_audio_transcription.completed':
      return heard(state, event.item_id, () => ({ text: event.transcript, unstable: null, state: 'done' }));
    case 'conversation.item.input_audio_transcription.failed': {
      const note = event.error.code === 'cancelled' ? '' : event.error.message;
      return heard(state, event.item_id, () => ({ state: 'failed', note, unstable: null }));
    }
    case 'response.created':
      return responseCreated(state, event.response.id);
    case 'response.output_item.added':
      return outputItemAdded(state, event);
    case 'response.output_audio_transcript.delta':
    case 'response.output_text.delta':
      return textDelta(state, event);
    case 'response.output_audio_transcript.done':
      return live(state, event.response_id, event.item_id, () => ({ text: event.transcript }));
    case 'response.output_text.done':
      return live(state, event.response_id, event.item_id, () => ({ text: event.text }));
    case 'vox.phrase': {
      const phrase = { start: event.start, end: event.end, at: event.audio_start_ms };
      return live(state, event.response_id, event.item_id, ({ phrases }) => ({
        phrases: [...phrases, phrase],
        making: null,
      }));
    }
    case 'vox.phrase.progress':
      return live(state, event.response_id, event.item_id, (message) => progressed(message, event));
    case 'response.done':
      return responseDone(state, event.response);
    case 'error':
      return refused(event.error.code === 'speech_failed' ? nothingMade(state) : state, event.error);
    case 'vox.models':
      return { ...state, models: event.models };
    case 'vox.notice':
      return noticed(state, event);
    case 'vox.timings':
      return measured(state, event);
    case 'vox.conversation':
      return toldOf(state, event);
    case 'vox.message':
      return withKept(state, event);
    default:
      return state;
  }
}

/**
 * A new session knows nothing of what is on the page, unless that is kept.
 * @param {State} state
 * @returns {State}
 */
function sessionCreated(state) {
  return connectedAnew({ ...withoutOldTroubles(state), connection: 'open' });
}

/**
 * @param {State} state
 * @param {string} itemId
 * @returns {State}
 */
function committed(state, itemId) {
  if (state.utterance?.itemId === itemId) {
    return { ...withoutPassing(state), utterance: null, unasked: itemId };
  }
  const [commitId, ...commits] = state.commits;
  const ours = commitId !== undefined && state.turn?.commitId === commitId;
  return { ...state, commits, turn: ours && state.turn ? { ...state.turn, itemId } : state.turn };
}

/**
 * @param {State} state
 * @param {Item} item
 * @returns {State}
 */
function itemAdded(state, item) {
  if (item.role !== 'user') return state;
  if (find(state.messages, item.id)) return patch(state, item.id, () => ({ sentAs: null }));
  const part = item.content?.[0];
  const text = part?.text ?? part?.transcript ?? '';
  const hearing = part?.type === 'input_audio' && typeof part.transcript !== 'string';
  const message = newMessage({ id: item.id, role: 'user', text, state: hearing ? 'hearing' : 'done' });
  return { ...state, messages: [...state.messages, message] };
}

/**
 * @param {State} state
 * @param {string} itemId
 * @returns {State}
 */
function itemDeleted(state, itemId) {
  // What goes on keeps its words, until the item comes that has all of them.
  if (state.utterance?.stage === 'goes on' && state.utterance.itemId === itemId) return state;
  return { ...state, messages: without(state.messages, ({ id }) => id === itemId) };
}

/**
 * The transcription of a recording has ended, one way or the other.
 * @param {State} state
 * @param {string} itemId
 * @param {(message: Message) => Partial<Message>} outcome
 * @returns {State}
 */
function heard(state, itemId, outcome) {
  const next = patch(state, itemId, outcome);
  return next.turn?.itemId === itemId ? { ...next, turn: { ...next.turn, hearing: false } } : next;
}

/**
 * Responses come in the order they were asked for. One whose turn was stopped in the meantime is
 * dead on arrival; one that nobody asked for was begun by the server, which tells so by the
 * utterance right before it.
 * @param {State} state
 * @param {string} responseId
 * @returns {State}
 */
function responseCreated(state, responseId) {
  const [createId, ...creates] = state.creates;
  if (createId === undefined || state.unasked !== null) return answersUnasked(state, responseId);
  if (state.turn?.createId === createId) return { ...state, creates, turn: { ...state.turn, responseId } };
  return { ...state, creates, dead: new Set([...state.dead, responseId]) };
}

/**
 * @param {State} state
 * @param {string} responseId
 * @returns {State}
 */
function answersUnasked(state, responseId) {
  const itemId = state.unasked;
  // What was asked for meanwhile is on its way to the server, where it takes the place of this.
  if (state.creates.length > 0) {
    return { ...state, unasked: null, dead: new Set([...state.dead, responseId]) };
  }
  const hearing = itemId !== null && find(state.messages, itemId)?.state === 'hearing';
  return { ...state, turn: { ...NEW_TURN, responseId, itemId, hearing }, unasked: null, last: 'none' };
}

/**
 * @param {State} state
 * @param {OutputItemAdded} event
 * @returns {State}
 */
function outputItemAdded(state, { response_id: responseId, item }) {
  if (state.dead.has(responseId) || find(state.messages, item.id)) return state;
  const { silent = false, askedAt = null } = state.turn ?? {};
  const message = newMessage({
    id: item.id,
    role: 'assistant',
    state: 'streaming',
    responseId,
    silent,
    askedAt,
  });
  return { ...state, messages: [...state.messages, message] };
}

/**
 * @param {State} state
 * @param {TextDelta} event
 * @returns {State}
 */
function textDelta(state, event) {
  const next = live(state, event.response_id, event.item_id, ({ text }) => ({ text: text + event.delta }));
  const voiceless = event.type === 'response.output_text.delta' || (state.turn?.silent ?? false);
  return voiceless && next !== state ? silent(next, event.response_id) : next;
}

/**
 * The reply is there to be read, not heard.
 * @param {State} state
 * @param {string} responseId
 * @returns {State}
 */
function silent(state, responseId) {
  if (state.turn?.responseId !== responseId) return state;
  const messages = changeAll(
    state.messages,
    (message) => message.responseId === responseId && !message.silent,
    () => ({ silent: true }),
  );
  const answering = messages.some((message) => message.responseId === responseId && message.text !== '');
  return { ...state, messages, turn: { ...state.turn, silent: true, answering } };
}

/**
 * @param {State} state
 * @param {NoticeEvent} event
 * @returns {State}
 */
function noticed(state, { code, level, message, response_id: responseId }) {
  const next = withNotice(withoutEnded(state, code), { code, level, text: message });
  return code === 'voice_unavailable' && responseId !== undefined ? silent(next, responseId) : next;
}

/**
 * @param {State} state
 * @param {Response} response
 * @returns {State}
 */
function responseDone(state, response) {
  const { turn } = state;
  if (turn === null || turn.responseId !== response.id || turn.done) return state;
  state = nothingMade(state);
  const over = { ...turn, hearing: false, done: true };
  switch (response.status) {
    case 'failed':
      return settled(withFailure({ ...state, turn: over, last: 'failed' }, response));
    case 'incomplete': {
      const messages = ended(
        state,
        response.id,
        'streaming',
        'This answer was cut off at its longest length.',
      );
      return settled({ ...state, turn: over, messages });
    }
    default:
      return settled({ ...state, turn: over });
  }
}

/**
 * @param {State} state
 * @param {string} itemId
 * @param {(message: Message) => Partial<Message>} with_
 * @returns {State}
 */
function patch(state, itemId, with_) {
  const messages = change(state.messages, itemId, with_);
  return messages === state.messages ? state : { ...state, messages };
}

/**
 * Like `patch`, for a response that has not been stopped.
 * @param {State} state
 * @param {string} responseId
 * @param {string} itemId
 * @param {(message: Message) => Partial<Message>} with_
 * @returns {State}
 */
function live(state, responseId, itemId, with_) {
  return state.dead.has(responseId) ? state : patch(state, itemId, with_);
}
