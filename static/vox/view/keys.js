// @ts-check
// Keys for the whole page: the space bar, held to talk, and single letters. Where a key means something
// by itself (in a text box, on a button, in an open dialog) it stays what it is there.

/** Whatever types with a key, or is pressed or moved by it. */
const TAKES_KEYS =
  'input, textarea, select, button, summary, audio, video, dialog, [contenteditable], [role="switch"]';

/** What only takes letters: there the space bar presses, and a letter does nothing. */
const TAKES_LETTERS = 'input, textarea, select, dialog, [contenteditable]';

/**
 * @param {() => boolean} down whether a recording begins
 * @param {() => void} up it ends; only after one has begun
 */
export function pushToTalk(down, up) {
  let held = false;
  const letGo = () => {
    if (held) up();
    held = false;
  };
  document.addEventListener('keydown', (event) => {
    if (!isPlain(event, ' ') || isIn(event.target, TAKES_KEYS)) return;
    // Held or pressed, it does not scroll.
    event.preventDefault();
    if (!event.repeat && !held) held = down();
  });
  // It may be let go wherever the focus has gone meanwhile, and unseen where that is another window.
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ') letGo();
  });
  addEventListener('blur', letGo);
}

/**
 * @param {string} letter in lower case
 * @param {() => void} press
 */
export function shortcut(letter, press) {
  document.addEventListener('keydown', (event) => {
    if (isPlain(event, letter) && !event.repeat && !isIn(event.target, TAKES_LETTERS)) press();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {string} key in lower case
 */
function isPlain(event, key) {
  const modified = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
  const taken = event.defaultPrevented || event.isComposing;
  const inDialog = document.querySelector('dialog[open]') !== null;
  return event.key.toLowerCase() === key && !modified && !taken && !inDialog;
}

/**
 * @param {EventTarget | null} target
 * @param {string} selector
 */
function isIn(target, selector) {
  return target instanceof Element && target.closest(selector) !== null;
}
