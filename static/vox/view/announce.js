// @ts-check
// A few words for who does not see that something was done.

import { element } from './dom.js';

const region = element('p', 'unseen');
region.setAttribute('aria-live', 'polite');
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} words */
export function announce(words) {
  clearTimeout(timer);
  region.textContent = '';
  stay(region);
  // A region is listened to once it has been there for a moment.
  timer = setTimeout(() => (region.textContent = words), 100);
}

/**
 * Put something where it can be reached: an open dialog makes all that is outside it inert.
 * @param {Element} part
 */
export function stay(part) {
  const place = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
  if (part.parentElement !== place) place.append(part);
}
