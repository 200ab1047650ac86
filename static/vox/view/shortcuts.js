// @ts-check
// Every key that does something, once: keys.js listens for these, and the sheet on "?" lists them.

/**
 * @typedef {object} Shortcut
 * @property {string} name
 * @property {string} key as KeyboardEvent.key has it, letters in lower case; Mod is Ctrl, and ⌘ on a Mac
 * @property {string} does
 * @property {string} [control] id of the button that does the same
 * @property {'single' | 'held' | 'anywhere' | 'own'} kind 'single': a character, which does nothing where
 *   one types, and which the person may switch off; 'anywhere': while typing too; 'own': the part of the page
 *   that it belongs to listens for it
 *
 * @typedef {object} Group
 * @property {string} title
 * @property {Shortcut[]} shortcuts
 */

/** @type {Group[]} */
export const GROUPS = [
  {
    title: 'Talking',
    shortcuts: [
      { name: 'talk', key: ' ', kind: 'held', does: 'Talk; let go when you have finished', control: 'talk' },
      { name: 'hands-free', key: 'h', kind: 'single', does: 'Hands-free on or off', control: 'hands-free' },
      { name: 'mute', key: 'm', kind: 'single', does: 'Mute, while hands-free', control: 'mute' },
      {
        name: 'stop-generating',
        key: 's',
        kind: 'single',
        does: 'Stop this answer',
        control: 'stop-generating',
      },
      {
        name: 'stop-all',
        key: 'Escape',
        kind: 'anywhere',
        does: 'Stop everything, or close what is open',
        control: 'stop-all',
      },
    ],
  },
  {
    title: 'Typing',
    shortcuts: [
      { name: 'type', key: 't', kind: 'single', does: 'Go to the text box', control: 'message' },
      { name: 'send', key: 'Enter', kind: 'own', does: 'Send' },
      { name: 'new-line', key: 'Shift+Enter', kind: 'own', does: 'New line' },
    ],
  },
  {
    title: 'Conversations',
    shortcuts: [
      {
        name: 'new-conversation',
        key: 'n',
        kind: 'single',
        does: 'New conversation',
        control: 'new-conversation',
      },
      {
        name: 'conversations',
        key: 'l',
        kind: 'single',
        does: 'List of conversations',
        control: 'open-conversations',
      },
      { name: 'search', key: '/', kind: 'single', does: 'Search in them', control: 'search-conversations' },
      { name: 'rename', key: 'F2', kind: 'own', does: 'In the list: rename' },
      { name: 'delete', key: 'Delete', kind: 'own', does: 'In the list: delete' },
      { name: 'undo', key: 'Mod+Z', kind: 'own', does: 'Undo deleting' },
      { name: 'messages', key: 'Arrows', kind: 'own', does: 'At a message’s buttons: to the others' },
    ],
  },
  {
    title: 'This page',
    shortcuts: [
      { name: 'voices', key: 'v', kind: 'single', does: 'Voices', control: 'open-voices' },
      { name: 'settings', key: ',', kind: 'single', does: 'Settings', control: 'open-settings' },
      { name: 'shortcuts', key: '?', kind: 'single', does: 'This list', control: 'open-shortcuts' },
    ],
  },
];

export const ALL = GROUPS.flatMap(({ shortcuts }) => shortcuts);

/**
 * @param {string} name
 * @returns {Shortcut}
 * @throws {Error} when the table has none of that name
 */
export function shortcutNamed(name) {
  const found = ALL.find((shortcut) => shortcut.name === name);
  if (!found) throw new Error(`There is no shortcut named "${name}" in view/shortcuts.js.`);
  return found;
}

/**
 * @param {string} control id of a button
 * @returns {Shortcut | undefined}
 */
export function shortcutOf(control) {
  return ALL.find((shortcut) => shortcut.control === control);
}

/** How the keys are called that print nothing. */
const KEY_NAMES = new Map([
  [' ', 'Space'],
  ['Escape', 'Esc'],
  ['Mod', 'Ctrl'],
]);
const MAC_NAMES = new Map([...KEY_NAMES, ['Mod', '⌘']]);

/** Whether this is a computer (or a tablet's keyboard) of Apple's. */
const IS_MAC = /^(Mac|iP)/.test(globalThis.navigator?.platform ?? '');

/**
 * The keys as one reads them on the keyboard.
 * @param {Shortcut} shortcut
 * @param {boolean} [isMac]
 * @returns {string[]} pressed together
 */
export function keyCaps({ key }, isMac = IS_MAC) {
  const names = isMac ? MAC_NAMES : KEY_NAMES;
  if (key.length === 1) return [names.get(key) ?? key.toUpperCase()];
  return key.split('+').map((one) => names.get(one) ?? one);
}

/**
 * The keys in a sentence: "Ctrl+Z", "⌘Z".
 * @param {Shortcut} shortcut
 * @param {boolean} [isMac]
 */
export function keyWords(shortcut, isMac = IS_MAC) {
  return keyCaps(shortcut, isMac).join('+').replace('⌘+', '⌘');
}

/**
 * As `aria-keyshortcuts` wants it.
 * @param {Shortcut} shortcut
 */
export function ariaKeys({ key }) {
  if (key === ' ') return 'Space';
  return key.length === 1 ? key.toUpperCase() : key.replace('Mod', IS_MAC ? 'Meta' : 'Control');
}
