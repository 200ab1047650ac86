// @ts-check
// The page's state machine: `reduce` takes what the page knows and one thing that happened, and
// gives what the page knows then. Nothing else happens here, so it can be told as a story in a test.

/** @import {Action, Notice, PageAction, State} from './conversation/state.js' */

import { dated } from './conversation/messages.js';
import { onPageAction } from './conversation/page-actions.js';
import { onServerEvent } from './conversation/server-events.js';
import { INITIAL } from './conversation/state.js';

/**
 * @param {State} state
 * @param {Action} action
 * @param {number} now when it happened, by performance.now()
 * @returns {State}
 */
export function reduce(state, action, now) {
  const next = isPageAction(action) ? onPageAction(state, action, now) : onServerEvent(state, action);
  return next.messages === state.messages ? next : { ...next, messages: dated(next.messages, now) };
}

/**
 * @param {Action} action
 * @returns {action is PageAction}
 */
function isPageAction(action) {
  return action.type.startsWith('page.');
}

/** The one owner of the page's state. */
export class Conversation {
  state = INITIAL;

  /** @param {(state: State, before: State) => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** @param {Action} action */
  dispatch(action) {
    const before = this.state;
    this.state = reduce(before, action, performance.now());
    if (this.state !== before) this.changed(this.state, before);
  }

  /**
   * @param {Notice['level']} level
   * @param {string} code what it is about; a newer one with the same code takes its place
   * @param {string} text
   */
  notice(level, code, text) {
    this.dispatch({ type: 'page.notice', notice: { level, code, text } });
  }

  /** @param {Notice} notice */
  dismiss(notice) {
    this.dispatch({ type: 'page.dismissed', notice });
  }
}
