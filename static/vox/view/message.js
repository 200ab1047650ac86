// @ts-check
// One message, as an element that is kept in step with what is known of it.

/** @import {Message} from '../conversation/state.js' */
/** @import {MessageActions} from './message-actions.js' */

import { awaited } from '../conversation/making.js';
import { element, setText } from './dom.js';
import { unspoken } from './marks.js';
import { TimingsBar } from './timings.js';

export class MessageElement {
  /** @type {TimingsBar | null} of an answer that was given in this tab */
  timings = null;
  text = document.createTextNode('');
  /** Holds the text, and the unstable words after it. */
  #body = element('p', 'text', this.text);
  #unstable = element('span', 'unstable');
  /** A line that grows while the sound is awaited. */
  #making = element('div', 'making');
  #note = element('p', 'note');
  #under = element('div', 'under');

  /**
   * @param {Message} message
   * @param {MessageActions} actions
   */
  constructor(message, actions) {
    this.actions = actions;
    this.bar = actions.make();
    this.#body.dir = 'auto';
    // The status says in words what is going on; numbers ten times a second are only for the eye.
    this.#making.setAttribute('aria-hidden', 'true');
    this.#under.append(this.bar);
    const said = element('div', 'said', this.#body, this.#making, this.#note);
    this.element = element('article', 'message', said, this.#under);
    this.element.dataset.role = message.role;
    this.element.dataset.id = message.id;
    this.element.setAttribute('aria-label', message.role === 'user' ? 'You' : 'VOX');
    if (message.role === 'assistant' && !message.kept) {
      this.timings = new TimingsBar(this.element);
      this.#under.prepend(this.timings.element);
    }
  }

  /**
   * @param {Message} message
   * @param {boolean} lastEarlier
   */
  render(message, lastEarlier) {
    const { dataset } = this.element;
    dataset.state = message.state;
    dataset.earlier = String(message.earlier);
    // Spoken out by a screen reader when it is whole, not syllable by syllable.
    const growing = message.state === 'streaming' || message.state === 'hearing';
    this.element.setAttribute('aria-busy', String(growing));
    write(this.text, message.text);
    this.#showUnstable(message);
    setText(this.#note, smallPrint(message, lastEarlier));
    this.#showMaking(awaited(message));
    this.timings?.render(message);
    this.actions.render(this.bar, message);
    if (message.spokenEnd === null) unspoken.clear(this.text);
    else unspoken.set(this.text, message.spokenEnd, message.text.length);
  }

  remove() {
    unspoken.clear(this.text);
    this.element.remove();
  }

  /**
   * Words heard live change several times a second: that is only for the eye until they are final.
   * @param {Message} message
   */
  #showUnstable({ text, unstable, state }) {
    if (state === 'hearing' && unstable !== null) this.#body.setAttribute('aria-hidden', 'true');
    else this.#body.removeAttribute('aria-hidden');
    if (unstable) {
      setText(this.#unstable, text === '' ? unstable : ` ${unstable}`);
      this.#body.append(this.#unstable);
    } else this.#unstable.remove();
  }

  /** @param {number | null} fraction */
  #showMaking(fraction) {
    this.#making.classList.toggle('shown', fraction !== null);
    if (fraction !== null) this.#making.style.setProperty('--made', fraction.toFixed(3));
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
