// @ts-check
// The dock: Talk, Hands-free and Mute, the status, and the two ways to stop.

/** @import {State} from '../conversation/state.js' */

import { phase, replying, statusWord } from '../conversation/status.js';
import { byId, setText } from './dom.js';
import { hint } from './hints.js';
import { pushToTalk, shortcut } from './keys.js';
import { Ring } from './ring.js';

/**
 * @typedef {object} Presses
 * @property {() => void} talk
 * @property {() => boolean} hold the key that is held to talk is down: whether a recording begins
 * @property {() => void} letGo
 * @property {() => void} switchHandsFree
 * @property {() => void} switchMute
 * @property {() => void} stopGenerating
 * @property {() => void} stopAll
 */

export class Dock {
  #dock = byId('dock', HTMLElement);
  #talk = byId('talk', HTMLButtonElement);
  #handsFree = byId('hands-free', HTMLButtonElement);
  #mute = byId('mute', HTMLButtonElement);
  #stopGenerating = byId('stop-generating', HTMLButtonElement);
  #status = byId('status', HTMLElement);
  #hint = byId('hint', HTMLElement);

  /** @param {Presses} presses */
  constructor(presses) {
    const wave = this.#dock.querySelector('.ring-wave');
    this.ring = new Ring(this.#dock, /** @type {SVGPathElement} */ (wave), byId('meter', HTMLElement));
    this.#talk.addEventListener('click', (event) => {
      // A double click is one press, not a recording of no length.
      if (event.detail <= 1) presses.talk();
    });
    this.#talk.addEventListener('keydown', (event) => {
      if (event.repeat) event.preventDefault();
    });
    this.#handsFree.addEventListener('click', presses.switchHandsFree);
    this.#mute.addEventListener('click', presses.switchMute);
    pushToTalk(presses.hold, presses.letGo);
    shortcut('hands-free', presses.switchHandsFree);
    shortcut('mute', presses.switchMute);
    shortcut('stop-generating', presses.stopGenerating);
    shortcut('stop-all', presses.stopAll);
    this.#stopGenerating.addEventListener('click', presses.stopGenerating);
    byId('stop-all', HTMLElement).addEventListener('click', presses.stopAll);
  }

  /** @param {State} state */
  render(state) {
    const now = phase(state);
    this.#dock.dataset.phase = now;
    this.ring.phase = now;
    this.#talk.setAttribute('aria-pressed', String(state.recording === 'on'));
    this.#handsFree.setAttribute('aria-checked', String(state.handsFree !== 'off'));
    this.#mute.setAttribute('aria-pressed', String(state.muted));
    this.#show(this.#mute, state.handsFree === 'on', this.#handsFree);
    setText(this.#status, statusWord(state));
    setText(this.#hint, hint(state));
    this.#show(this.#stopGenerating, replying(state), this.#talk);
  }

  /**
   * A button keeps its place when it is not there.
   * @param {HTMLButtonElement} button
   * @param {boolean} shown
   * @param {HTMLButtonElement} next where who was on it goes on
   */
  #show(button, shown, next) {
    const hadFocus = document.activeElement === button;
    button.classList.toggle('away', !shown);
    if (!shown && hadFocus) next.focus();
  }
}
