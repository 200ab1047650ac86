// @ts-check
// Light, dark, or as the system has it; kept for the next visit (../early-theme.js reads it).

import { setIcon } from './dom.js';

const THEMES = /** @type {const} */ (['system', 'light', 'dark']);

/** @typedef {typeof THEMES[number]} Theme */

/** @param {HTMLButtonElement} button goes from one to the next */
export function themeSwitch(button) {
  const root = document.documentElement;
  const chosen = root.dataset.theme;
  /** @type {Theme} */
  let theme = chosen === 'light' || chosen === 'dark' ? chosen : 'system';
  show(button, theme);
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    keep(theme);
    show(button, theme);
  });
}

/**
 * @param {HTMLButtonElement} button
 * @param {Theme} theme
 */
function show(button, theme) {
  setIcon(button, `icon-${theme}`);
  button.title = theme === 'system' ? 'Colours: as the system' : `Colours: ${theme}`;
  button.setAttribute('aria-label', button.title);
}

/** @param {Theme} theme */
function keep(theme) {
  try {
    if (theme === 'system') localStorage.removeItem('vox.theme');
    else localStorage.setItem('vox.theme', theme);
  } catch {
    // Storage is blocked: it lasts as long as the page.
  }
}
