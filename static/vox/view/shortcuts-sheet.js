// @ts-check
// The sheet on "?": the keys that do something here, and the switch for those of a single character.

/** @import {PreferenceStore} from '../preferences.js' */
/** @import {Shortcut} from './shortcuts.js' */

import { byId, element } from './dom.js';
import { inUse } from './keys.js';
import { Sheet } from './sheet.js';
import { GROUPS, keyCaps } from './shortcuts.js';

export class ShortcutsSheet {
  #groups = byId('shortcut-groups', HTMLElement);
  #single = byId('single-keys', HTMLInputElement);
  
  /** @param {PreferenceStore} preferences */
  constructor(preferences) {
    new Sheet('shortcuts', { opened: () => this.#list(), closed() {} });
    this.#single.addEventListener('change', () => preferences.set({ singleKeys: this.#single.checked }));
    preferences.subscribe(({ singleKeys }) => this.#show(singleKeys));
    this.#show(preferences.get().singleKeys);
  }

  /** Only now is it known who listens for what. */
  #list() {
    const groups = GROUPS.map(({ title, shortcuts }) => {
      const rows = shortcuts.filter(({ name }) => inUse.has(name)).map(row);
      return rows.length === 0 ? [] : [group(title, rows)];
    });
    this.#groups.replaceChildren(...groups.flat());
  }

  /** @param {boolean} singleKeys */
  #show(singleKeys) {
    this.#single.checked = singleKeys;
    this.#groups.classList.toggle('without-single', !singleKeys);
  }
}

/**
 * @param {string} title
 * @param {HTMLElement[]} rows
 */
function group(title, rows) {
  const heading = element('h3', 'setting-group', title);
  return element('section', 'shortcut-group', heading, element('dl', 'shortcut-list', ...rows));
}

/** @param {Shortcut} shortcut */
function row(shortcut) {
  const keys = element('dt', '', shortcut.kind === 'held' ? 'hold' : '');
  for (const cap of keyCaps(shortcut)) keys.append(' ', element('kbd', '', cap));
  const made = element('div', 'shortcut', keys, element('dd', '', shortcut.does));
  made.dataset.kind = shortcut.kind;
  return made;
}
