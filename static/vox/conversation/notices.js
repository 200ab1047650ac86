// @ts-check
// Sentences for the person that are no part of the conversation.

/** @import {Notice, State} from './state.js' */

/** The notice that tells of a lost connection; it stays until there is a new one. */
export const CONNECTION = 'connection';

/** What the server calls having no place for another conversation, before it closes. */
export const BUSY = 'busy';

/** What tells that there is an end to what the server said with the other code, which lasts until then. */
const ENDS = { kept_again: 'not_kept', speech_kept_again: 'speech_not_kept' };

/** What the server tells again to whoever connects, as long as it is so. */
const TOLD_AGAIN = Object.values(ENDS);

/** Notices shown at once; older ones give way, first those that pass. */
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
  const all = [...others, notice];
  const lasting = all.filter(({ code }) => lasts(code));
  const passing = all.filter(({ code }) => !lasts(code)).slice(-Math.max(1, MOST - lasting.length));
  return { ...state, notices: all.filter((one) => lasting.includes(one) || passing.includes(one)) };
}

/**
 * The person goes on: what was said before is over, except for what is so still.
 * @param {State} state
 * @returns {State}
 */
export function withoutPassing(state) {
  return withoutNotices(state, ({ code }) => !lasts(code));
}

/**
 * There is a connection again, over which the server tells what is wrong there now.
 * @param {State} state
 * @returns {State}
 */
export function withoutOldTroubles(state) {
  return withoutNotices(state, ({ code }) => lasts(code));
}

/**
 * @param {State} state
 * @param {string} code of a notice, which may tell that another is over
 * @returns {State}
 */
export function withoutEnded(state, code) {
  return withoutNotices(state, (notice) => notice.code === ENDS[/** @type {keyof ENDS} */ (code)]);
}

/** @param {string} code */
function lasts(code) {
  return code === CONNECTION || TOLD_AGAIN.includes(code);
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
