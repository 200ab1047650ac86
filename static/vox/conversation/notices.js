// @ts-check
// Sentences for the person that are no part of the conversation.

/** @import {Notice, State} from './state.js' */

/** The notice that tells of a lost connection; it stays until there is a new one. */
export const CONNECTION = 'connection';

/** What the server calls having no place for another conversation, before it closes. */
export const BUSY = 'busy';

/** Notices shown at once; older ones give way. */
const MOST = 3;

/**
 * @param {State} state
 * @param {Notice} notice
 * @returns {State} the same when the last message or a notice already says so
 */
export function withNotice(state, notice) {
  const said = state.messages.at(-1)?.note === notice.text;
  if (said || state.notices.some(({ text }) => text === notice.text)) return state;
  const others = state.notices.filter(({ code }) => notice.code === '' || code !== notice.code);
  return { ...state, notices: [...others, notice].slice(-MOST) };
}

/**
 * @param {State} state
 * @param {(notice: Notice) => boolean} which
 * @returns {State}
 */
export function withoutNotices(state, which) {
  if (!state.notices.some(which)) return state;
  return { ...state, notices: state.notices.filter((notice) => !which(notice)) };
}
