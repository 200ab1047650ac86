// @ts-check
// The line to the server: which conversation it is about, and what becomes of things when it is lost.

/** @import {Conversation} from './conversation.js' */
/** @import {Realtime} from './realtime.js' */

import { wantsToken } from './api.js';
import { CONNECTION } from './conversation/notices.js';
import * as sentences from './sentences.js';

/**
 * @typedef {object} LineListener
 * @property {() => void} dropSound what sounds belongs to a session that is no more
 * @property {() => void} dropRecording
 * @property {(text: string) => void} giveBack typed text that has not reached the server
 */

export class Line {
  /**
   * @param {Conversation} conversation
   * @param {Realtime} socket
   * @param {LineListener} listener
   */
  constructor(conversation, socket, listener) {
    this.conversation = conversation;
    this.socket = socket;
    this.listener = listener;
    this.address = socket.address;
  }

  /**
   * Be about another conversation, at once.
   * @param {string | null} id null for a new one
   */
  moveTo(id) {
    this.socket.close();
    this.stayAt(id ?? 'new');
    this.conversation.dispatch({ type: 'page.opening', id });
    this.socket.connect();
  }

  /**
   * Where the next connection goes on.
   * @param {string} id
   */
  stayAt(id) {
    this.socket.address = `${this.address}&conversation=${encodeURIComponent(id)}`;
  }

  /**
   * The connection is gone, or could not be made.
   * @param {number} code
   */
  lost(code) {
    const wasOpen = this.conversation.state.connection === 'open';
    this.down(code);
    if (!wasOpen) void this.#askWhy();
  }

  /**
   * Nothing of the session goes on.
   * @param {number} code why
   */
  down(code) {
    const { connection, messages } = this.conversation.state;
    const unsent = messages.filter(({ sentAs }) => sentAs !== null);
    this.listener.dropSound();
    const sentence = sentences.connectionLost(code, connection === 'open');
    this.conversation.dispatch({ type: 'page.disconnected', sentence });
    this.listener.dropRecording();
    for (const { text } of unsent) this.listener.giveBack(text);
  }

  /** A browser does not say why a socket could not be opened; a plain request does. */
  async #askWhy() {
    if ((await wantsToken()) && this.conversation.state.connection !== 'open') {
      this.conversation.notice('warning', CONNECTION, sentences.TOKEN_WANTED);
    }
  }
}
