// @ts-check
// What the server keeps of this conversation, and how it meets what the page shows already: messages are
// the same by their ids, and what was said in this tab since it connected is known better here.

/** @import {ConversationEvent, KeptMessage, KeptMessageEvent} from '../wire.js' */
/** @import {Message, State} from './state.js' */

import { changeAll, find } from './messages.js';
import { INITIAL, newMessage } from './state.js';

/** @type {Record<KeptMessage['state'], Message['state']>} */
const STATES = { in_progress: 'streaming', completed: 'done', interrupted: 'stopped', failed: 'failed' };

/**
 * Another conversation takes this one's place; nothing is known of it yet.
 * @param {State} state
 * @param {string | null} id null to begin a new one
 * @returns {State}
 */
export function opening(state, id) {
  const { models, handsFree, muted } = state;
  /** @type {State['opened']} */
  const opened = { ...INITIAL.opened, id, stage: id === null ? 'new' : 'opening' };
  return { ...INITIAL, models, handsFree, muted, opened };
}

/**
 * @param {State} state
 * @param {ConversationEvent} event
 * @returns {State}
 */
export function toldOf(state, { id, title, kept, deleted = false }) {
  const { opened } = state;
  if (opened.id === id) return { ...state, opened: { ...opened, title, kept, deleted } };
  /** @type {State} */
  const next = { ...state, opened: { id, title, kept, deleted, stage: 'open' } };
  // What is shown belongs to one that this session knows nothing of.
  return opened.stage === 'new' ? next : { ...next, messages: asEarlier(state.messages) };
}

/**
 * All of the conversation's messages have come, or could not be had.
 * @param {State} state
 * @param {string} id of the conversation
 * @param {readonly KeptMessage[] | null} kept in order
 * @returns {State}
 */
export function withAllKept(state, id, kept) {
  const { opened } = state;
  if (opened.id !== id) return state;
  if (kept === null) return { ...state, opened: { ...opened, stage: 'open' } };
  const told = kept.filter(({ role }) => role !== 'system');
  const messages = told.map((message) => combined(find(state.messages, message.id), message));
  const known = new Set(told.map((message) => message.id));
  // One that came from the server and that it has no longer was taken away elsewhere.
  const others = state.messages.filter(({ id, kept }) => known.has(id) || !kept);
  others.forEach((message, i) => {
    if (known.has(message.id)) return;
    const place = placeAfter(messages, others[i - 1]?.id ?? null);
    messages.splice(place, 0, opened.kept ? { ...message, earlier: false } : message);
  });
  return { ...state, messages, opened: { ...opened, stage: 'open' } };
}

/**
 * A message was added or changed in another tab, or its sound was kept or thrown away.
 * @param {State} state
 * @param {KeptMessageEvent} event
 * @returns {State}
 */
export function withKept(state, { conversation_id: conversationId, message, after }) {
  if (conversationId !== state.opened.id || message.role === 'system') return state;
  const at = state.messages.findLastIndex(({ id }) => id === message.id);
  if (at !== -1) return { ...state, messages: state.messages.with(at, combined(state.messages[at], message)) };
  const messages = [...state.messages];
  const place = after === null ? 0 : placeAfter(messages, after, messages.length);
  messages.splice(place, 0, fromKept(message));
  return { ...state, messages };
}

/**
 * The socket is connected anew.
 * @param {State} state
 * @returns {State}
 */
export function connectedAnew(state) {
  const { opened } = state;
  if (opened.id === null) return { ...state, messages: asEarlier(state.messages) };
  return opened.stage === 'open' ? { ...state, opened: { ...opened, stage: 'refreshing' } } : state;
}

/**
 * @param {Message | undefined} shown
 * @param {KeptMessage} kept
 * @returns {Message}
 */
function combined(shown, kept) {
  const told = fromKept(kept);
  if (shown === undefined) return told;
  const isOurs = !shown.kept && !shown.earlier && shown.state !== 'failed';
  return isOurs
    ? { ...shown, at: told.at, speech: told.speech }
    : { ...told, timings: shown.timings, askedAt: shown.askedAt, soundAt: shown.soundAt };
}

/**
 * @param {KeptMessage} kept
 * @returns {Message}
 */
function fromKept({ id, role, text, unheard, state, error, created_at: createdAt, speech }) {
  const growing = state === 'in_progress' && role === 'user';
  return newMessage({
    id,
    role: /** @type {Message['role']} */ (role),
    text: unheard ? text + unheard : text,
    spokenEnd: unheard ? text.length : null,
    state: growing ? 'hearing' : STATES[state],
    note: error ?? '',
    at: Date.parse(createdAt),
    kept: true,
    speech,
  });
}

/**
 * @param {readonly Message[]} messages
 * @param {string | null} id
 * @param {number} [otherwise] where, when there is no such message
 */
function placeAfter(messages, id, otherwise = 0) {
  const at = messages.findLastIndex((message) => message.id === id);
  return at === -1 ? otherwise : at + 1;
}

/** @param {readonly Message[]} messages */
function asEarlier(messages) {
  return changeAll(
    messages,
    ({ earlier }) => !earlier,
    () => ({ earlier: true }),
  );
}
