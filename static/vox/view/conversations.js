// @ts-check
// The panel with the kept conversations: the search, and the list by days or what the search has found.

/** @import {Hit, Kept} from '../conversations/api.js' */
/** @import {ConversationList} from '../conversations/list.js' */
/** @import {Search} from '../conversations/search.js' */
/** @import {RowPresses} from './conversation-row.js' */

import { byDay } from '../conversations/days.js';
import { ConversationRow } from './conversation-row.js';
import { button, byId, element, setText } from './dom.js';
import { Drawer } from './drawer.js';
import { shortcut } from './keys.js';

/** @typedef {RowPresses & {begin: () => void, opened: () => void}} PanelPresses */

export class ConversationsPanel {
  #days = byId('conversation-days', HTMLElement);
  #end = byId('conversations-end', HTMLElement);
  #said = byId('conversations-said', HTMLElement);
  #field = byId('search-conversations', HTMLInputElement);
  #scroller = byId('conversation-list', HTMLElement);
  /** @type {Map<string, ConversationRow>} */
  #rows = new Map();
  /** The one in the order of the Tab key. @type {ConversationRow | undefined} */
  #reachable;
  /** @type {string | null} */
  #openId = null;
  /** Comes into view where the list ends. */
  #sentinel = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && void this.list.more(), {
    root: this.#scroller,
    rootMargin: '400px',
  });

  /**
   * @param {ConversationList} list
   * @param {Search} search
   * @param {PanelPresses} presses
   */
  constructor(list, search, presses) {
    this.list = list;
    this.search = search;
    this.deletes = presses.remove;
    this.presses = { ...presses, remove: (/** @type {Kept} */ conversation) => this.#remove(conversation) };
    this.#field.addEventListener('input', () => search.look(this.#field.value));
    this.#field.addEventListener('keydown', (event) => this.#searchKey(event));
    this.#scroller.addEventListener('keydown', (event) => this.#listKey(event));
    byId('new-conversation', HTMLElement).addEventListener('click', () => this.#begin());
    this.drawer = new Drawer(
      () => localStorage,
      () => this.#opened(),
    );
    shortcut('new-conversation', () => this.#begin());
    shortcut('conversations', () => this.#goTo(() => this.#links()[0] ?? this.#field));
    shortcut('search', () => this.#goTo(() => this.#field));
  }

  /** @param {string | null} id of the conversation that is open */
  opened(id) {
    if (id === this.#openId) return;
    this.#openId = id;
    this.render();
  }

  render() {
    // Whoever is writing a title is not disturbed.
    if (!this.drawer.isOpen || [...this.#rows.values()].some((row) => row.isBeingRenamed)) return;
    const focused = document.activeElement;
    if (this.search.stage === 'none') this.#showList();
    else this.#showHits();
    this.#makeReachable();
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  /**
   * @param {string} id
   * @returns {ConversationRow | undefined}
   */
  row(id) {
    return this.#rows.get(id);
  }

  #opened() {
    void this.list.load();
    this.presses.opened();
    this.render();
  }

  #begin() {
    this.drawer.makeWay();
    this.presses.begin();
  }

  /** @param {() => HTMLElement} where */
  #goTo(where) {
    this.drawer.open();
    where().focus();
  }

  /** @param {Kept} conversation */
  #remove(conversation) {
    const links = this.#links();
    const at = links.indexOf(this.#rows.get(conversation.id)?.link ?? links[0]);
    this.deletes(conversation);
    // Who deletes with the keyboard goes on from the next one.
    (this.#links()[Math.min(at, this.#links().length - 1)] ?? this.#field).focus();
  }

  #showList() {
    const days = byDay(this.list.entries, ({ updated_at: at }) => Date.parse(at), Date.now());
    const groups = days.map(({ name, entries }, i) => {
      const heading = element('h3', 'conversation-day', name);
      heading.id = `conversation-day-${i}`;
      const rows = element('ul', 'conversation-rows', ...entries.map((entry) => this.#row(entry).element));
      rows.setAttribute('aria-labelledby', heading.id);
      return element('section', '', heading, rows);
    });
    this.#forgetOthers(this.list.entries);
    this.#days.replaceChildren(...groups);
    setText(this.#said, '');
    this.#showEnd();
  }

  #showHits() {
    const { hits, words, stage, problem } = this.search;
    const rows = hits.map(({ conversation, matches }) => this.#row(conversation, matches).element);
    this.#forgetOthers(hits.map(({ conversation }) => conversation));
    this.#days.replaceChildren(...(rows.length > 0 ? [element('ul', 'conversation-rows', ...rows)] : []));
    this.#days.setAttribute('aria-busy', String(stage === 'searching'));
    this.#sentinel.disconnect();
    if (stage === 'searching') this.#ends('Searching…');
    else if (stage === 'failed') this.#ends(problem, () => this.search.again());
    else this.#ends(rows.length === 0 ? `Nothing was said about “${words}”.` : '');
    if (stage === 'found') setText(this.#said, found(hits));
  }

  #showEnd() {
    const { list } = this;
    this.#days.setAttribute('aria-busy', String(list.stage === 'loading'));
    this.#sentinel.disconnect();
    if (list.stage === 'failed') this.#ends(list.problem, () => void list.load());
    else if (list.stage === 'loading' || list.hasMore) this.#ends('Looking for conversations…');
    else if (list.entries.length === 0) {
      this.#ends('Nothing yet. What you and VOX say to each other is kept here, on this machine.');
    } else this.#ends('');
    // Observed anew, it tells at once if it is still in view.
    if (list.stage === 'ready' && list.hasMore) this.#sentinel.observe(this.#end);
  }

  /**
   * @param {string} words
   * @param {() => void} [again]
   */
  #ends(words, again) {
    const more = again ? [button('Try again', 'small-button', again)] : [];
    this.#end.replaceChildren(...(words === '' ? [] : [element('p', '', words)]), ...more);
  }

  /**
   * @param {Kept} conversation
   * @param {Hit['matches']} [matches]
   */
  #row(conversation, matches = []) {
    const row = this.#rows.get(conversation.id) ?? new ConversationRow(conversation, this.presses);
    this.#rows.set(conversation.id, row);
    row.render(conversation, conversation.id === this.#openId, matches);
    return row;
  }

  /** @param {Kept[]} shown */
  #forgetOthers(shown) {
    const ids = new Set(shown.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
  }

  /** Of all the rows one is in the order of the Tab key; the arrows lead to the others. */
  #makeReachable() {
    const rows = [...this.#rows.values()];
    const current = rows.find(({ element }) => element.contains(document.activeElement));
    const open = this.#rows.get(this.#openId ?? '');
    const kept = rows.includes(/** @type {ConversationRow} */ (this.#reachable)) ? this.#reachable : undefined;
    this.#reach(current ?? kept ?? open ?? this.#firstRow());
  }

  #firstRow() {
    const first = this.#days.querySelector('.conversation-open');
    return [...this.#rows.values()].find(({ link }) => link === first);
  }

  /** @param {ConversationRow | undefined} reachable */
  #reach(reachable) {
    this.#reachable = reachable;
    for (const row of this.#rows.values()) {
      const tabIndex = row === reachable ? 0 : -1;
      for (const control of row.element.querySelectorAll('a, button')) {
        /** @type {HTMLElement} */ (control).tabIndex = tabIndex;
      }
    }
  }

  /** @returns {HTMLElement[]} all that opens something, from the top */
  #links() {
    return [...this.#days.querySelectorAll('a')];
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    if (event.isComposing) return;
    if (event.key === 'Escape' && this.#field.value !== '') {
      this.#field.value = '';
      this.search.look('');
    } else if (event.key === 'ArrowDown') this.#links()[0]?.focus();
    else if (event.key === 'Enter') this.#links()[0]?.click();
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const links = this.#links();
    const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (at === -1 || event.ctrlKey || event.altKey || event.metaKey) return;
    const first = at === 0 ? this.#field : links[at - 1];
    /** @type {Record<string, HTMLElement | undefined>} */
    const places = { ArrowUp: first, ArrowDown: links[at + 1], Home: links[0], End: links.at(-1) };
    const next = places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const row = [...this.#rows.values()].find(({ element }) => element.contains(next));
    if (row) this.#reach(row);
    next.focus();
  }
}

/** @param {Hit[]} hits */
function found(hits) {
  if (hits.length === 0) return 'Nothing found.';
  return hits.length === 1 ? 'Found in 1 conversation.' : `Found in ${hits.length} conversations.`;
}
