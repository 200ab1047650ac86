// @ts-check
// Which conversation lies on the desk: opening one, beginning a new one, putting one away for good and
// taking it back. The address bar, the socket and what is shown follow from here.

/** @import {State} from '../conversation/state.js' */
/** @import {Session} from '../session.js' */
/** @import {KeptMessage, ServerEvent} from '../wire.js' */
/** @import {ConversationsApi, Kept} from './api.js' */
/** @import {ConversationList} from './list.js' */
/** @import {AddressBar, Place} from './place.js' */

import { Refused } from '../api.js';
import * as sentences from '../sentences.js';

/**
 * @typedef {object} DeskListener
 * @property {(id: string | null) => void} moved another conversation is on the desk; null: a new one
 * @property {(id: string) => void} named the new one has got its id
 * @property {(messageId: string | null) => void} shown its messages are there; go to this one, or to the end
 * @property {(conversation: Kept, undo: () => Promise<void>, wasOpen: boolean) => void} deleted
 */

/** @typedef {Pick<Session, 'open' | 'conversation' | 'state'>} DeskSession */

export class Desk {
  #call = new AbortController();
  /** A message to go to once it is there. @type {string | null} */
  #wanted = null;
  /** The conversation is new, and has no address of its own yet. */
  #isUnnamed = false;

  /**
   * @param {DeskSession} session
   * @param {Pick<ConversationsApi, 'whole' | 'remove' | 'restore'>} api
   * @param {ConversationList} list
   * @param {(moved: (place: Place) => void) => Pick<AddressBar, 'place' | 'go' | 'be'>} addressBar
   * @param {DeskListener} listener
   */
  constructor(session, api, list, addressBar, listener) {
    this.session = session;
    this.api = api;
    this.list = list;
    this.listener = listener;
    this.bar = addressBar((place) => this.#show(place));
  }

  /** Open what the address names. */
  start() {
    this.#turnTo(this.bar.place);
  }

  /**
   * @param {string} id
   * @param {string | null} [messageId] to go to
   */
  open(id, messageId = null) {
    this.bar.go({ id, messageId });
    this.#show({ id, messageId });
  }

  /** Begin a new conversation, unless this one has only just begun. */
  begin() {
    if (this.#isBlank) return;
    this.bar.go({ id: null, messageId: null });
    this.#turnTo({ id: null, messageId: null });
  }

  /**
   * Delete a conversation; whoever is told how to undo it has a day for that.
   * @param {Kept} conversation
   */
  remove(conversation) {
    const { id } = conversation;
    const wasOpen = this.session.state.opened.id === id;
    const deletion = this.api.remove(id);
    const hidden = this.list.hide(id, deletion);
    if (wasOpen) {
      // "Back" must not lead to what is no more.
      this.bar.be({ id: null, messageId: null });
      this.#turnTo({ id: null, messageId: null });
    }
    const undo = () => deletion.catch(() => {}).then(() => this.takeBack(id, wasOpen));
    this.listener.deleted(conversation, undo, wasOpen);
    hidden.catch((problem) => this.#tell('deleting', problem));
  }

  /**
   * Take back a deletion, this tab's or another's.
   * @param {string} id
   */
  async restore(id) {
    try {
      this.list.put(await this.api.restore(id));
    } catch (problem) {
      this.#tell('restoring', problem);
    }
  }

  /**
   * Take back a deletion of this tab's.
   * @param {string} id
   * @param {boolean} wasOpen it is opened again, unless something else was begun
   */
  async takeBack(id, wasOpen) {
    await this.restore(id);
    if (wasOpen && this.#isBlank) this.open(id);
  }

  /** @param {ServerEvent} event which is known to the conversation */
  told(event) {
    if (event.type === 'error') this.#notOpened(event.error.code);
    if (event.type === 'vox.conversations') void this.list.refresh(event.changed);
    if (event.type === 'vox.conversation') void this.#fetch();
  }

  /** @param {State} state */
  changed({ opened, messages }) {
    const { id } = opened;
    if (!this.#isUnnamed || id === null || !opened.kept || opened.stage !== 'open') return;
    if (messages.every(({ earlier, state }) => earlier || state === 'hearing')) return;
    // It has something to come back to.
    this.#isUnnamed = false;
    this.bar.be({ id, messageId: null });
    this.listener.named(id);
  }

  get #isBlank() {
    const { opened, messages } = this.session.state;
    return this.bar.place.id === null && opened.stage !== 'none' && messages.length === 0;
  }

  /** @param {Place} place */
  #show(place) {
    const { opened } = this.session.state;
    const isThere = place.id === null ? this.#isBlank : opened.id === place.id;
    if (!isThere) this.#turnTo(place);
    else if (opened.stage !== 'open') this.#wanted = place.messageId;
    else if (place.messageId !== null) this.listener.shown(place.messageId);
  }

  /** @param {Place} place */
  #turnTo({ id, messageId }) {
    this.#call.abort();
    this.#wanted = messageId;
    this.#isUnnamed = false;
    this.session.open(id);
    this.#isUnnamed = id === null;
    this.listener.moved(id);
  }

  /** @param {string} code of the server's refusal */
  #notOpened(code) {
    if (code !== 'conversation_not_found' && code !== 'conversation_unavailable') return;
    this.#isUnnamed = true;
    this.bar.be({ id: null, messageId: null });
    this.listener.moved(null);
    if (code === 'conversation_unavailable') return;
    this.session.conversation.notice('info', 'opening', sentences.NOT_HERE);
  }

  /** The socket is about the conversation: from now on changes are told, and what was is fetched. */
  async #fetch() {
    const { id, stage } = this.session.state.opened;
    if (id === null || (stage !== 'opening' && stage !== 'refreshing')) return;
    this.#call.abort();
    const call = new AbortController();
    this.#call = call;
    try {
      const { messages } = await this.api.whole(id, call.signal);
      if (call.signal.aborted) return;
      this.#fetched(id, messages, stage);
    } catch (problem) {
      if (call.signal.aborted) return;
      // Not found: it was begun, and nothing was said in it yet.
      const isThere = !(problem instanceof Refused) || problem.status !== 404;
      if (isThere) this.#tell('opening', problem, sentences.NO_MESSAGES);
      this.#fetched(id, null, stage);
    }
  }

  /**
   * @param {string} id
   * @param {KeptMessage[] | null} messages null when they could not be had
   * @param {State['opened']['stage']} stage
   */
  #fetched(id, messages, stage) {
    this.session.conversation.dispatch({ type: 'page.kept', id, messages });
    if (stage === 'opening') this.listener.shown(this.#wanted);
    this.#wanted = null;
  }

  /**
   * @param {string} code
   * @param {unknown} problem
   * @param {string} [what] could not be done
   */
  #tell(code, problem, what = '') {
    const why = problem instanceof Error ? problem.message : String(problem);
    this.session.conversation.notice('error', code, what === '' ? why : `${what}: ${why}`);
  }
}
