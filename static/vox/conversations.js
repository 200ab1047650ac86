// @ts-check
// The conversations around the one that is going on: puts together what is known of them (conversations/)
// and what is seen of them (view/).

/** @import {State} from './conversation/state.js' */
/** @import {Session} from './session.js' */
/** @import {View} from './view.js' */
/** @import {ServerEvent} from './wire.js' */
/** @import {Kept} from './conversations/api.js' */
/** @import {ConversationRow} from './view/conversation-row.js' */
/** @import {MenuItem} from './view/menu.js' */
/** @import {Toast} from './view/toasts.js' */

import { conversations as api, exportAddress, keptSound, speechAddress } from './conversations/api.js';
import { Deleted } from './conversations/deleted.js';
import { Desk } from './conversations/desk.js';
import { Drafts } from './conversations/drafts.js';
import { ConversationList } from './conversations/list.js';
import { AddressBar } from './conversations/place.js';
import { Search } from './conversations/search.js';
import { announce } from './view/announce.js';
import { UNTITLED } from './view/conversation-row.js';
import { ConversationsPanel } from './view/conversations.js';
import { download, openMenu } from './view/menu.js';
import { Toasts } from './view/toasts.js';

export class Conversations {
  /** @type {ConversationsPanel} */
  #panel;
  #list = new ConversationList(api, () => this.#panel.render());
  #search = new Search(api, () => this.#panel.render());
  #drafts = new Drafts(() => sessionStorage);
  #undoable = new Deleted(() => sessionStorage);
  #toasts = new Toasts();
  /** Whether sound of any conversation is kept. */
  #isSoundKept = false;
  /** @type {Toast | null} */
  #deleted = null;

  /**
   * @param {Session} session
   * @param {View} view
   */
  constructor(session, view) {
    this.session = session;
    this.view = view;
    this.#panel = new ConversationsPanel(this.#list, this.#search, {
      open: (id, messageId) => this.#open(id, messageId),
      opened: () => void this.#askForSound(),
      menu: (row) => this.#menu(row),
      rename: (id, title) => void this.#rename(id, title),
      begin: () => this.#begin(),
      remove: (conversation) => this.desk.remove(conversation),
    });
    this.desk = new Desk(session, api, this.#list, (moved) => new AddressBar(window, moved), {
      moved: (id) => this.view.composer.fill(this.#drafts.get(id)),
      named: (id) => this.#drafts.named(id),
      shown: (messageId) => this.#shown(messageId),
      deleted: ({ id, title }, undo, wasOpen) => {
        this.#undoable.add({ id, title, wasOpen });
        this.#offerUndo(id, title, undo);
        this.#search.again();
      },
    });
    view.composer.typed = (text) => this.#drafts.set(this.desk.bar.place.id, text);
  }

  /** Open what the address names. */
  start() {
    this.#panel.drawer.fit();
    this.desk.start();
    for (const { id, title, wasOpen } of this.#undoable.all) {
      this.#offerUndo(id, title, () => this.desk.takeBack(id, wasOpen));
    }
  }

  /** @param {ServerEvent} event which is known to the conversation */
  told(event) {
    this.desk.told(event);
    if (event.type === 'vox.conversations' && this.#panel.drawer.isOpen) this.#search.again();
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  changed(state, before) {
    const { opened } = state;
    if (state !== before) this.desk.changed(state);
    // Whatever was told meanwhile was not heard here.
    if (state.connection === 'open' && before.connection === 'lost') void this.#list.refresh([]);
    if (opened === before.opened) return;
    this.#panel.opened(opened.id);
    if (opened.deleted !== before.opened.deleted) this.#tellDeleted(state);
  }

  /**
   * @param {string} id
   * @param {string | null} messageId
   */
  #open(id, messageId) {
    this.#panel.drawer.makeWay();
    this.desk.open(id, messageId);
  }

  #begin() {
    this.desk.begin();
    announce('New conversation.');
  }

  /** @param {string | null} messageId to go to; null for the end */
  #shown(messageId) {
    if (messageId !== null && this.view.messages.reveal(messageId)) {
      this.view.follow.stay();
      return;
    }
    this.view.follow.toEnd();
    const { messages, opened } = this.session.state;
    announce(`${opened.title || UNTITLED}, ${messages.length} messages.`);
  }

  /**
   * @param {string} id of what was deleted
   * @param {string | null} title
   * @param {() => Promise<void>} undo
   */
  #offerUndo(id, title, undo) {
    const closed = () => this.#undoable.drop(id);
    this.#toasts.show(`“${short(title)}” is deleted.`, 'Undo', () => void undo(), { closed });
  }

  /** @param {State} state */
  #tellDeleted({ opened: { id, deleted, title } }) {
    this.#deleted?.close();
    this.#deleted = null;
    if (!deleted || id === null) return;
    const words = `“${short(title)}” was deleted in another tab.`;
    const restore = () => void this.desk.restore(id);
    this.#deleted = this.#toasts.show(words, 'Put it back', restore, { lasting: true });
  }

  /**
   * @param {string} id
   * @param {string} title
   */
  async #rename(id, title) {
    try {
      await this.#list.rename(id, title);
    } catch (problem) {
      this.session.conversation.notice('error', 'renaming', /** @type {Error} */ (problem).message);
    }
    this.#panel.render();
    this.#search.again();
  }

  /** @param {ConversationRow} row */
  #menu(row) {
    const { conversation, more } = row;
    const { id } = conversation;
    /** @type {(label: string, format: 'wav' | 'opus') => MenuItem} */
    const sound = (label, format) => ({
      label,
      icon: 'icon-download',
      press: () => void this.#downloadSound(conversation, format),
    });
    openMenu(more, conversation.title || UNTITLED, [
      { label: 'Rename', icon: 'icon-rename', press: () => row.rename() },
      { label: 'Export as Markdown', icon: 'icon-download', download: exportAddress(id, 'markdown') },
      { label: 'Export as JSON', icon: 'icon-download', download: exportAddress(id, 'json') },
      ...(this.#maySound(conversation) ? [sound('Sound as WAV', 'wav'), sound('Sound as Opus', 'opus')] : []),
      { label: 'Delete', icon: 'icon-delete', press: () => row.presses.remove(conversation) },
    ]);
  }

  /** @param {Kept} conversation whether sound of it is kept; of one that is not open, whether it may be */
  #maySound({ id }) {
    const { opened, messages } = this.session.state;
    return id === opened.id ? messages.some(hasSpeech) : this.#isSoundKept;
  }

  /**
   * @param {Kept} conversation
   * @param {'wav' | 'opus'} format
   */
  async #downloadSound({ id, title }, format) {
    try {
      const { messages } = await api.whole(id);
      if (messages.some(hasSpeech)) download(speechAddress(id, null, format, true));
      else this.session.conversation.notice('info', 'sound', `No sound of “${short(title)}” is kept.`);
    } catch (problem) {
      this.session.conversation.notice('error', 'sound', /** @type {Error} */ (problem).message);
    }
  }

  /** Once the list is looked at. */
  async #askForSound() {
    const kept = await keptSound.get().catch(() => null);
    this.#isSoundKept = kept !== null && kept.messages > 0;
  }
}

/** @param {{speech: object | null}} message */
function hasSpeech({ speech }) {
  return speech !== null;
}

/** @param {string | null} title */
function short(title) {
  const name = title || UNTITLED;
  return name.length > 40 ? `${name.slice(0, 39).trimEnd()}…` : name;
}
