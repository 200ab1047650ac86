// @ts-check
// A small menu at the button that was pressed. There is one at a time; arrows, Home, End and the first
// letter move in it, Escape and Tab leave it.

import { element, icon } from './dom.js';
import { stay } from './announce.js';

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon
 * @property {() => void} [press]
 * @property {string} [download] address of a file to fetch, instead of a press
 */

/** Pixels between the menu and its button, and between it and the window's edge. */
const GAP = 4;

const menu = element('div', 'menu');
menu.setAttribute('role', 'menu');
menu.popover = 'auto';
/** @type {HTMLElement | null} */
let owner = null;

/**
 * @param {HTMLElement} button gets the focus back
 * @param {string} label
 * @param {MenuItem[]} items
 */
export function openMenu(button, label, items) {
  owner?.setAttribute('aria-expanded', 'false');
  menu.setAttribute('aria-label', label);
  menu.replaceChildren(...items.map(itemElement));
  stay(menu);
  owner = button;
  button.setAttribute('aria-expanded', 'true');
  menu.showPopover();
  place(button.getBoundingClientRect());
  entries()[0]?.focus();
}

/**
 * Fetch a file; its name is the server's to say.
 * @param {string} address
 */
export function download(address) {
  const link = element('a', '');
  link.href = address;
  link.download = '';
  link.click();
}

menu.addEventListener('toggle', (event) => {
  if (/** @type {ToggleEvent} */ (event).newState === 'open' || owner === null) return;
  owner.setAttribute('aria-expanded', 'false');
  // Whoever pressed somewhere else goes on there.
  if (menu.contains(document.activeElement) || document.activeElement === document.body) owner.focus();
  owner = null;
});

menu.addEventListener('keydown', (event) => {
  const all = entries();
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  if (event.key in moves) all.at(moves[event.key] % all.length)?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else if (!startingWith(event.key, all, at)) return;
  // Escape closes only this.
  event.preventDefault();
});

menu.addEventListener('click', close);

function close() {
  menu.hidePopover();
}

/**
 * @param {string} key
 * @param {HTMLElement[]} all
 * @param {number} at
 */
function startingWith(key, all, at) {
  if (key.length !== 1 || key === ' ') return false;
  const round = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const found = round.find(({ textContent }) => textContent?.toLowerCase().startsWith(key.toLowerCase()));
  found?.focus();
  return found !== undefined;
}

/** @returns {HTMLElement[]} */
function entries() {
  return [...menu.querySelectorAll('[role="menuitem"]')].map((item) => /** @type {HTMLElement} */ (item));
}

/** @param {MenuItem} item */
function itemElement({ label, icon: symbol, press, download }) {
  const made = element(download === undefined ? 'button' : 'a', 'menu-item', icon(symbol), label);
  made.setAttribute('role', 'menuitem');
  made.tabIndex = -1;
  if (made instanceof HTMLAnchorElement) {
    made.href = download ?? '';
    // Its name is the server's to say.
    made.download = '';
  } else made.type = 'button';
  if (press) made.addEventListener('click', press);
  return made;
}

/**
 * Below the button, its right edge at the button's; above it, or at its left edge, where there is no room.
 * @param {DOMRect} button
 */
function place(button) {
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + GAP;
  const top = below + height <= innerHeight - GAP ? below : Math.max(GAP, button.top - GAP - height);
  const left = button.right - width >= GAP ? button.right - width : button.left;
  menu.style.setProperty('top', `${top}px`);
  menu.style.setProperty('left', `${Math.max(GAP, Math.min(left, innerWidth - GAP - width))}px`);
}
