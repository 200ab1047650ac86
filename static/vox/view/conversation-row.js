// @ts-check
// A conversation in the list: its title, which opens it, a menu, and where words were looked for, the
// places where they are.

/** @import {Kept, Match, Piece} from '../conversations/api.js' */

import { moment } from '../conversations/days.js';
import { addressOf } from '../conversations/place.js';
import { button, element, icon } from './dom.js';

/** What a conversation is called that has no title yet. */
export const UNTITLED = 'Untitled';

/**
 * @typedef {object} RowPresses
 * @property {(id: string, messageId: string | null) => void} open
 * @property {(row: ConversationRow) => void} menu
 * @property {(id: string, title: string) => void} rename
 * @property {(conversation: Kept) => void} remove
 */

export class ConversationRow {
  #name = element('span', 'conversation-title');
  #hits = element('ol', 'conversation-hits');
  /** @type {HTMLInputElement | null} */
  #input = null;

  /**
   * @param {Kept} conversation
   * @param {RowPresses} presses
   */
  constructor(conversation, presses) {
    this.conversation = conversation;
    this.presses = presses;
    this.#name.dir = 'auto';
    this.link = element('a', 'conversation-open', this.#name);
    this.link.href = addressOf({ id: conversation.id, messageId: null });
    opens(this.link, () => presses.open(conversation.id, null));
    this.more = button('', 'plain conversation-more', () => presses.menu(this));
    this.more.append(icon('icon-more'));
    this.more.setAttribute('aria-haspopup', 'menu');
    this.element = element('li', 'conversation', this.link, this.more, this.#hits);
    this.element.addEventListener('keydown', (event) => this.#key(event));
  }

  get isBeingRenamed() {
    return this.#input !== null;
  }

  /**
   * @param {Kept} conversation
   * @param {boolean} isOpen
   * @param {Match[]} matches
   */
  render(conversation, isOpen, matches) {
    this.conversation = conversation;
    const title = conversation.title || UNTITLED;
    const found = matches.find((match) => match.message_id === null);
    this.#name.replaceChildren(...(found ? pieces(found.snippet) : [title]));
    this.link.title = `${title}\n${moment(Date.parse(conversation.updated_at))}`;
    if (isOpen) this.link.setAttribute('aria-current', 'page');
    else this.link.removeAttribute('aria-current');
    this.more.setAttribute('aria-label', `More about “${title}”`);
    this.#hits.replaceChildren(...matches.flatMap((match) => this.#hit(match)));
    this.#hits.hidden = !this.#hits.hasChildNodes();
  }

  /** Give it another title, in its place. Enter and leaving it take the new one, Escape the old. */
  rename() {
    const before = this.conversation.title || '';
    const input = element('input', 'conversation-rename');
    input.value = before;
    input.dir = 'auto';
    input.maxLength = 200;
    input.setAttribute('aria-label', 'Title');
    input.enterKeyHint = 'done';
    const end = (/** @type {boolean} */ takes, /** @type {boolean} */ stays) => {
      if (this.#input === null) return;
      const title = input.value.trim();
      this.#input = null;
      input.replaceWith(this.link);
      if (stays) this.link.focus();
      this.presses.rename(this.conversation.id, takes && title !== '' ? title : before);
    };
    input.addEventListener('keydown', (event) => {
      // Enter that ends the composition of a character belongs to the keyboard (229: Safari).
      if (event.isComposing || event.keyCode === 229 || !['Enter', 'Escape'].includes(event.key)) return;
      event.preventDefault();
      end(event.key === 'Enter', true);
    });
    input.addEventListener('blur', () => end(true, false));
    this.#input = input;
    this.link.replaceWith(input);
    input.select();
    input.focus();
  }

  /** @param {Match} match */
  #hit({ message_id: messageId, role, snippet }) {
    if (messageId === null) return [];
    const who = element('span', 'hit-role', role === 'user' ? 'You: ' : 'VOX: ');
    const words = element('span', 'hit-words', ...pieces(snippet));
    words.dir = 'auto';
    const link = element('a', 'conversation-hit', who, words);
    link.href = addressOf({ id: this.conversation.id, messageId });
    opens(link, () => this.presses.open(this.conversation.id, messageId));
    return [element('li', '', link)];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.link || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'F2') this.rename();
    else if (event.key === 'Delete') this.presses.remove(this.conversation);
    else return;
    event.preventDefault();
  }
}

/**
 * A press opens it here; with a modifier it is the browser's, for another tab.
 * @param {HTMLAnchorElement} link
 * @param {() => void} press
 */
function opens(link, press) {
  link.draggable = false;
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    press();
  });
}

/** @param {Piece[]} snippet */
function pieces(snippet) {
  return snippet.map(({ text, hit }) => (hit ? element('mark', '', text) : text));
}
