// @ts-check
// The conversation: one element a message, in order and with a heading where a day begins. The newest are
// there at once; those before them come a few at a time, so that a long conversation opens quickly.

/** @import {Message, Replay} from '../conversation/state.js' */
/** @import {MessageActions} from './message-actions.js' */
/** @import {TimingsBar} from './timings.js' */

import { dayName, dayOf } from '../conversations/days.js';
import { element } from './dom.js';
import { MessageElement } from './message.js';

/** Messages that are made in one go. */
const BATCH = 100;

/** More than so many at once are an old conversation, which nobody wants to have read out. */
const NEWS = 3;

/** Milliseconds for which a message that was looked for is marked. */
const MARKED = 2500;

export class MessageList {
  /** @type {readonly Message[]} */
  #messages = [];
  /** @type {Map<string, MessageElement>} */
  #shown = new Map();
  /** Headings, by the message before which they stand. @type {Map<string, HTMLElement>} */
  #days = new Map();
  /** @type {TimingsBar | null | undefined} */
  #lastTimings;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /**
   * @param {HTMLElement} log
   * @param {MessageActions} actions
   */
  constructor(log, actions) {
    this.log = log;
    this.actions = actions;
  }

  /**
   * @param {readonly Message[]} messages
   * @param {readonly Message[]} before
   */
  render(messages, before) {
    if (messages === before) return;
    this.#messages = messages;
    const known = new Set(before);
    const isSameOrder = messages.length === before.length && messages.every(({ id }, i) => id === before[i].id);
    if (!isSameOrder) {
      this.#removeOthers(new Set(messages.map(({ id }) => id)));
      if (messages.length - this.#shown.size > NEWS) this.log.setAttribute('aria-live', 'off');
      this.#place(BATCH);
    }
    const lastEarlier = messages.findLast(({ earlier }) => earlier);
    for (const message of messages) {
      if (!known.has(message)) this.#shown.get(message.id)?.render(message, message === lastEarlier);
    }
    this.actions.newest(this.#shown.get(messages.at(-1)?.id ?? '')?.bar);
  }

  /**
   * @param {Replay | null} replay
   * @param {Replay | null} before
   */
  renderReplay(replay, before) {
    if (replay === before) return;
    for (const [id, stage] of [
      [before?.messageId, null],
      [replay?.messageId, replay?.stage ?? null],
    ]) {
      const shown = this.#shown.get(id ?? '');
      if (!shown) continue;
      this.actions.renderReplay(shown.bar, /** @type {Replay['stage'] | null} */ (stage));
      shown.element.classList.toggle('replayed', stage === 'playing');
    }
  }

  /**
   * The text node of a message, for marking words in it.
   * @param {string} id
   * @returns {Text | undefined}
   */
  text(id) {
    return this.#shown.get(id)?.text;
  }

  /**
   * Go to a message and mark it for a moment.
   * @param {string} id
   * @returns {boolean} whether there is such a message
   */
  reveal(id) {
    this.#place(Infinity);
    const found = this.#shown.get(id)?.element;
    if (!found) return false;
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: 'center' });
    found.classList.add('sought');
    setTimeout(() => found.classList.remove('sought'), MARKED);
    return true;
  }

  /** @param {Set<string>} ids of the messages there are */
  #removeOthers(ids) {
    for (const [id, shown] of this.#shown) {
      if (ids.has(id)) continue;
      shown.remove();
      this.#shown.delete(id);
      this.#days.get(id)?.remove();
      this.#days.delete(id);
    }
  }

  /**
   * From the newest to the oldest, put each in its place; make at most so many that are not there yet,
   * and the rest later.
   * @param {number} most
   */
  #place(most) {
    clearTimeout(this.#rest);
    /** @type {Element | null} */
    let next = null;
    const before = (/** @type {HTMLElement} */ part) => {
      if (part.nextElementSibling !== next || part.parentElement !== this.log) this.log.insertBefore(part, next);
      next = part;
    };
    for (let i = this.#messages.length - 1; i >= 0; i--) {
      const message = this.#messages[i];
      if (!this.#shown.has(message.id) && most-- <= 0) {
        this.#rest = setTimeout(() => this.#place(BATCH));
        return;
      }
      before((this.#shown.get(message.id) ?? this.#make(message)).element);
      const day = this.#day(i);
      if (day) before(day);
    }
    // A moment later, as what was put in a moment ago may still be told.
    this.#rest = setTimeout(() => this.log.removeAttribute('aria-live'), 500);
  }

  /** @param {Message} message */
  #make(message) {
    const made = new MessageElement(message, this.actions);
    this.#shown.set(message.id, made);
    made.render(message, false);
    if (made.timings) {
      // One stop of the Tab key, at the newest answer; not one more for each.
      if (this.#lastTimings) this.#lastTimings.element.tabIndex = -1;
      this.#lastTimings = made.timings;
    }
    return made;
  }

  /**
   * @param {number} index
   * @returns {HTMLElement | null} the heading before a message; of today there is none, unless days went before
   */
  #day(index) {
    const { id, at } = this.#messages[index];
    const earlier = this.#messages[index - 1]?.at ?? Date.now();
    if (at === null || dayOf(at) === dayOf(earlier)) {
      this.#days.get(id)?.remove();
      this.#days.delete(id);
      return null;
    }
    const name = dayName(at, Date.now());
    const heading = this.#days.get(id) ?? element('h2', 'day');
    this.#days.set(id, heading);
    heading.textContent = name;
    return heading;
  }
}
