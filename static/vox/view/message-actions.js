// @ts-check
// Under each message: when it was said, and what can be done with it. One stop of the Tab key for all of
// them, at the newest; from there the arrows lead along the buttons and from message to message.

/** @import {Message, Replay} from '../conversation/state.js' */

import { moment, timeOfDay } from '../conversations/days.js';
import { announce } from './announce.js';
import { button, element, icon, setIcon, setText } from './dom.js';

/**
 * @typedef {object} MessagePresses
 * @property {(id: string) => Promise<boolean>} copy whether its text is in the clipboard now
 * @property {(id: string) => void} replay begin to play its sound, or stop
 * @property {(id: string, button: HTMLElement) => void} downloads show what can be downloaded
 */

/** Milliseconds for which a copy is confirmed. */
const CONFIRMED = 2000;

export class MessageActions {
  /** The one in the order of the Tab key. @type {HTMLElement | null} */
  #current = null;

  /**
   * @param {HTMLElement} log
   * @param {MessagePresses} presses
   */
  constructor(log, presses) {
    this.log = log;
    this.presses = presses;
    log.addEventListener('click', (event) => this.#clicked(event));
    log.addEventListener('keydown', (event) => this.#key(event));
    log.addEventListener('focusin', ({ target }) => {
      const bar = target instanceof Element ? target.closest('.message-actions') : null;
      if (bar instanceof HTMLElement) this.#reachable(bar);
    });
  }

  /** @returns {HTMLElement} for one message */
  make() {
    return /** @type {HTMLElement} */ (TEMPLATE.cloneNode(true));
  }

  /** @param {HTMLElement | undefined} bar of the newest message */
  newest(bar) {
    if (bar !== undefined && !this.#current?.contains(document.activeElement)) this.#reachable(bar);
  }

  /**
   * @param {HTMLElement} bar
   * @param {Message} message
   */
  render(bar, { at, role, state, text, speech }) {
    bar.hidden = state === 'streaming' || state === 'hearing' || text === '';
    const time = /** @type {HTMLTimeElement} */ (bar.querySelector('time'));
    if (at !== null && time.dateTime === '') {
      time.dateTime = new Date(at).toISOString();
      time.title = moment(at);
      setText(time, timeOfDay(at));
    }
    bar.setAttribute('aria-label', role === 'user' ? 'What you said' : 'What VOX said');
    part(bar, 'replay').hidden = speech === null;
    part(bar, 'downloads').hidden = speech === null;
  }

  /**
   * @param {HTMLElement} bar
   * @param {Replay['stage'] | null} stage
   */
  renderReplay(bar, stage) {
    const replay = part(bar, 'replay');
    setIcon(/** @type {Element} */ (replay.firstElementChild), stage === null ? 'icon-play' : 'icon-square');
    replay.setAttribute('aria-label', stage === null ? 'Play' : 'Stop playing');
    replay.title = stage === null ? 'Play' : 'Stop';
    replay.setAttribute('aria-busy', String(stage === 'fetching'));
  }

  /** @param {HTMLElement} bar */
  #reachable(bar) {
    if (this.#current !== null) for (const other of buttons(this.#current)) other.tabIndex = -1;
    this.#current = bar;
    const [first] = buttons(bar);
    if (first) first.tabIndex = 0;
  }

  /** @param {MouseEvent} event */
  #clicked({ target }) {
    const pressed = target instanceof Element ? target.closest('.message-actions button') : null;
    if (!(pressed instanceof HTMLElement)) return;
    const id = idOf(pressed);
    switch (pressed.dataset.does) {
      case 'copy':
        void this.presses.copy(id).then((done) => confirmCopy(pressed, done));
        break;
      case 'replay':
        this.presses.replay(id);
        break;
      case 'downloads':
        this.presses.downloads(id, pressed);
        break;
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const focused = event.target instanceof Element ? event.target.closest('.message-actions button') : null;
    if (!(focused instanceof HTMLElement) || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = this.#next(event.key, focused);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.closest('.message')?.scrollIntoView({ block: 'nearest' });
  }

  /**
   * @param {string} key
   * @param {HTMLElement} from
   * @returns {HTMLElement | undefined}
   */
  #next(key, from) {
    const bar = /** @type {HTMLElement} */ (from.closest('.message-actions'));
    const along = buttons(bar);
    const bars = [...this.log.querySelectorAll('.message-actions:not([hidden])')];
    const at = bars.indexOf(bar);
    /** @type {Record<string, Element | undefined>} */
    const others = { ArrowUp: bars[at - 1], ArrowDown: bars[at + 1], Home: bars[0], End: bars.at(-1) };
    if (key === 'ArrowRight') return along[along.indexOf(from) + 1];
    if (key === 'ArrowLeft') return along[along.indexOf(from) - 1];
    const other = others[key];
    if (!(other instanceof HTMLElement)) return undefined;
    return buttons(other).find(({ dataset }) => dataset.does === from.dataset.does) ?? buttons(other)[0];
  }
}

const TEMPLATE = (() => {
  const make = (/** @type {string} */ does, /** @type {string} */ label, /** @type {string} */ symbol) => {
    const made = button('', 'message-action', () => {});
    made.append(icon(symbol));
    made.dataset.does = does;
    made.title = label;
    made.setAttribute('aria-label', label);
    made.tabIndex = -1;
    return made;
  };
  const downloads = make('downloads', 'Download the sound', 'icon-download');
  downloads.setAttribute('aria-haspopup', 'menu');
  const made = element(
    'div',
    'message-actions',
    make('copy', 'Copy', 'icon-copy'),
    make('replay', 'Play', 'icon-play'),
    downloads,
    element('time', 'message-time'),
  );
  made.setAttribute('role', 'toolbar');
  // There to be found, not to be read out with every message.
  made.setAttribute('aria-live', 'off');
  return made;
})();

/**
 * @param {HTMLElement} pressed
 * @param {boolean} done
 */
function confirmCopy(pressed, done) {
  announce(done ? 'Copied.' : 'The browser does not let this page copy. Select the text instead.');
  if (!done) return;
  const symbol = /** @type {Element} */ (pressed.firstElementChild);
  setIcon(symbol, 'icon-check');
  setTimeout(() => setIcon(symbol, 'icon-copy'), CONFIRMED);
}

/** @param {Element} inside of a message */
function idOf(inside) {
  const message = /** @type {HTMLElement} */ (inside.closest('.message'));
  return message.dataset.id ?? '';
}

/**
 * @param {HTMLElement} bar
 * @returns {HTMLElement[]}
 */
function buttons(bar) {
  return [...bar.querySelectorAll('button')].filter(({ hidden }) => !hidden);
}

/**
 * @param {HTMLElement} bar
 * @param {string} does
 */
function part(bar, does) {
  return /** @type {HTMLElement} */ (bar.querySelector(`[data-does="${does}"]`));
}
