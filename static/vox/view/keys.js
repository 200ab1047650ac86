// @ts-check
// Keys for the whole page, as shortcuts.js has them: the space bar, held to talk, single characters, and
// Escape. Where a key means something by itself (in a text box, on a button, in an open dialog) it stays
// what it is there.

import { preferences } from '../preferences.js';
import { ALL, ariaKeys, shortcutNamed } from './shortcuts.js';

/** Whatever types with a key, or is pressed or moved by it. */
const TAKES_KEYS =
  'input, textarea, select, button, summary, audio, video, dialog, [contenteditable], [role="switch"], ' +
  '[role="menu"]';

/** What only takes letters: there the space bar presses, and a letter does nothing. */
const TAKES_LETTERS = 'input, textarea, select, dialog, [contenteditable], [role="menu"]';

/**
 * Names of the shortcuts that are listened for.
 * @type {Set<string>}
 */
export const inUse = new Set(ALL.filter(({ kind }) => kind === 'own').map(({ name }) => name));

/**
 * @param {() => boolean} down whether a recording begins
 * @param {() => void} up it ends; only after one has begun
 */
export function pushToTalk(down, up) {
  const { key } = announce('talk');
  let held = false;
  const letGo = () => {
    if (held) up();
    held = false;
  };
  document.addEventListener('keydown', (event) => {
    if (event.key !== key || !isFree(event) || isModified(event) || event.shiftKey) return;
    if (isIn(event.target, TAKES_KEYS)) return;
    // Held or pressed, it does not scroll.
    event.preventDefault();
    if (!event.repeat && !held) held = down();
  });
  // It may be let go wherever the focus has gone meanwhile, and unseen where that is another window.
  document.addEventListener('keyup', (event) => {
    if (event.key === key) letGo();
  });
  addEventListener('blur', letGo);
}

/**
 * @param {string} name in the table of shortcuts
 * @param {() => void} press
 */
export function shortcut(name, press) {
  const { key, kind } = announce(name);
  const isLetter = /^[a-z]$/.test(key);
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== key.toLowerCase() || !isFree(event) || event.repeat) return;
    if (kind === 'single') {
      // Whether a sign needs Shift differs from keyboard to keyboard; a letter never does.
      if (isModified(event) || (isLetter && event.shiftKey)) return;
      if (isIn(event.target, TAKES_LETTERS) || !preferences.get().singleKeys) return;
      // The character is not typed into what the press puts the focus on.
      event.preventDefault();
    }
    press();
  });
}

/**
 * The control that does the same says its key to who does not see the list.
 * @param {string} name
 */
function announce(name) {
  const found = shortcutNamed(name);
  inUse.add(name);
  const control = found.control === undefined ? null : document.getElementById(found.control);
  control?.setAttribute('aria-keyshortcuts', ariaKeys(found));
  return found;
}

/**
 * Whether a key is nobody else's: of who has handled it, of a character that is being composed, of an open
 * dialog (which Escape closes).
 * @param {KeyboardEvent} event
 */
function isFree(event) {
  const taken = event.defaultPrevented || event.isComposing;
  return !taken && document.querySelector('dialog[open]') === null;
}

/**
 * With these a key is a command of the browser.
 * @param {KeyboardEvent} event
 */
function isModified(event) {
  return event.ctrlKey || event.altKey || event.metaKey;
}

/**
 * @param {EventTarget | null} target
 * @param {string} selector
 */
function isIn(target, selector) {
  return target instanceof Element && target.closest(selector) !== null;
}
