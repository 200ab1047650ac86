// @ts-check
// The conversation: one element a message, kept in step with the messages' state.

/** @import {Message} from '../conversation/state.js' */

import { awaited } from '../conversation/making.js';
import { element, setText } from './dom.js';
import { unspoken } from './marks.js';
import { TimingsBar } from './timings.js';

/**
 * @typedef {object} Shown
 * @property {HTMLElement} element
 * @property {HTMLElement} body holds the text, and the unstable words after it
 * @property {Text} text
 * @property {HTMLElement} unstable in the body only when there are such words
 * @property {HTMLElement} making a line that grows while the sound is awaited
 * @property {HTMLElement} note
 * @property {TimingsBar | null} timings of an answer
 */

export class MessageList {
  /** @type {Map<string, Shown>} */
  #shown = new Map();
  /** @type {TimingsBar | undefined} */
  #lastTimings;

  /** @param {HTMLElement} log */
  constructor(log) {
    this.log = log;
  }

  /**
   * @param {readonly Message[]} messages
   * @param {readonly Message[]} before
   */
  render(messages, before) {
    if (messages === before) return;
    const known = new Set(before);
    for (const { id } of before) {
      if (!messages.some((message) => message.id === id)) this.#remove(id);
    }
    const lastEarlier = messages.findLast(({ earlier }) => earlier);
    for (const message of messages) {
      if (!known.has(message)) this.#show(message, message === lastEarlier);
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
   * @param {Message} message
   * @param {boolean} lastEarlier
   */
  #show(message, lastEarlier) {
    const shown = this.#shown.get(message.id) ?? this.#add(message);
    const { dataset } = shown.element;
    dataset.state = message.state;
    dataset.earlier = String(message.earlier);
    // Spoken out by a screen reader when it is whole, not syllable by syllable.
    const growing = message.state === 'streaming' || message.state === 'hearing';
    shown.element.setAttribute('aria-busy', String(growing));
    write(shown.text, message.text);
    showUnstable(shown, message);
    setText(shown.note, smallPrint(message, lastEarlier));
    showMaking(shown.making, awaited(message));
    shown.timings?.render(message);
    if (message.spokenEnd !== null) unspoken.set(shown.text, message.spokenEnd, message.text.length);
  }

  /**
   * @param {Message} message
   * @returns {Shown}
   */
  #add(message) {
    const text = document.createTextNode('');
    const body = element('p', 'text', text);
    const unstable = element('span', 'unstable');
    body.dir = 'auto';
    const making = element('div', 'making');
    // The status says in words what is going on; numbers ten times a second are only for the eye.
    making.setAttribute('aria-hidden', 'true');
    const note = element('p', 'note');
    const made = element('article', 'message', body, making, note);
    made.dataset.role = message.role;
    made.setAttribute('aria-label', message.role === 'user' ? 'You' : 'VOX');
    const timings = message.role === 'assistant' ? this.#timings(made) : null;
    this.log.append(made);
    const shown = { element: made, body, text, unstable, making, note, timings };
    this.#shown.set(message.id, shown);
    return shown;
  }

  /** @param {HTMLElement} message */
  #timings(message) {
    // One stop of the Tab key, at the newest answer; not one more for each.
    if (this.#lastTimings) this.#lastTimings.element.tabIndex = -1;
    const timings = new TimingsBar(message);
    message.append(timings.element);
    this.#lastTimings = timings;
    return timings;
  }

  /** @param {string} id */
  #remove(id) {
    const shown = this.#shown.get(id);
    if (!shown) return;
    unspoken.clear(shown.text);
    shown.element.remove();
    this.#shown.delete(id);
  }
}

/**
 * Let text grow at its end where it does, so that marks on it stay where they are.
 * @param {Text} node
 * @param {string} text
 */
function write(node, text) {
  if (node.data === text) return;
  if (text.startsWith(node.data)) node.appendData(text.slice(node.length));
  else node.data = text;
}

/**
 * Words heard live change several times a second: that is only for the eye until they are final.
 * @param {Shown} shown
 * @param {Message} message
 */
function showUnstable({ body, unstable: span }, { text, unstable, state }) {
  if (state === 'hearing' && unstable !== null) body.setAttribute('aria-hidden', 'true');
  else body.removeAttribute('aria-hidden');
  if (unstable) {
    setText(span, text === '' ? unstable : ` ${unstable}`);
    body.append(span);
  } else span.remove();
}

/**
 * @param {HTMLElement} line
 * @param {number | null} fraction
 */
function showMaking(line, fraction) {
  line.classList.toggle('shown', fraction !== null);
  if (fraction !== null) line.style.setProperty('--made', fraction.toFixed(3));
}

/**
 * @param {Message} message
 * @param {boolean} lastEarlier
 */
function smallPrint({ role, state, note }, lastEarlier) {
  const words = [];
  if (role === 'assistant' && state === 'stopped') words.push('Stopped.');
  if (note) words.push(note);
  if (lastEarlier) words.push('Connected again here: VOX starts afresh and no longer knows what is above.');
  return words.join(' ');
}
