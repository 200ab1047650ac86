// @ts-check
// One tab's conversation: what each press does, and what becomes of what the server says.
// Data flows one way: presses and events come in here, `conversation` holds what is known, the view
// shows it.

/** @import {Heard, Message, Notice, State} from './conversation/state.js' */
/** @import {Capture} from './recording.js' */
/** @import {AudioDelta, ServerEvent, WireError} from './wire.js' */

import { wantsToken } from './api.js';
import { CONNECTION } from './conversation/notices.js';
import { Conversation } from './conversation.js';
import { Dictation } from './dictation.js';
import { fromBase64, toFloat32 } from './pcm.js';
import { Player } from './player.js';
import { Realtime } from './realtime.js';
import * as sentences from './sentences.js';

/**
 * @typedef {object} SessionOptions
 * @property {string} address of the socket
 * @property {(state: State, before: State) => void} changed
 * @property {(level: number) => void} level of the microphone, RMS, 0 to 1
 * @property {(text: string) => void} giveBack typed text that could not be sent
 * @property {() => AudioContext} [createContext]
 * @property {() => Promise<Capture>} [openMicrophone]
 */

export class Session {
  #typed = 0;

  /** @param {SessionOptions} options */
  constructor(options) {
    const conversation = new Conversation(options.changed);
    this.conversation = conversation;
    this.giveBack = options.giveBack;
    this.socket = new Realtime(options.address, {
      event: (event) => this.#receive(event),
      lost: (code) => this.#lost(code),
    });
    this.player = new Player(
      {
        started: (itemId) => conversation.dispatch({ type: 'page.audioStarted', itemId }),
        ended: (itemId) => conversation.dispatch({ type: 'page.audioEnded', itemId }),
        blocked: (blocked) => this.#blocked(blocked),
      },
      options.createContext,
    );
    this.dictation = new Dictation(conversation, this.socket, options.level, options.openMicrophone);
  }

  get state() {
    return this.conversation.state;
  }

  /** Talk was pressed: begin a recording, or end the one under way. */
  talk() {
    if (this.dictation.busy) {
      this.dictation.finish();
      return;
    }
    if (this.#hindered(sentences.obstacle(this.state, ['stt', 'llm']))) return;
    this.#interrupt();
    this.player.unlock();
    this.dictation.start();
  }

  /**
   * @param {string} typed
   * @returns {boolean} whether it was sent; if not, the person keeps the text
   */
  send(typed) {
    const text = typed.trim();
    if (text === '') return false;
    const recording = this.dictation.busy ? sentences.STILL_RECORDING : '';
    if (this.#hindered(recording || sentences.obstacle(this.state, ['llm']))) return false;
    this.#interrupt();
    this.player.unlock();
    const itemId = `item_${Date.now().toString(36)}${++this.#typed}`;
    const content = [{ type: 'input_text', text }];
    const item = { id: itemId, type: 'message', role: 'user', content };
    const sentAs = this.socket.send({ type: 'conversation.item.create', item });
    const createId = this.socket.send({ type: 'response.create' });
    if (sentAs === null || createId === null) return false;
    this.conversation.dispatch({ type: 'page.typed', itemId, text, sentAs, createId });
    return true;
  }

  /** End the reply under way and its speech. */
  stopGenerating() {
    if (this.#interrupt()) this.conversation.dispatch({ type: 'page.stopped' });
  }

  /** Silence everything, throw away a recording under way, end the turn; nothing is unloaded. */
  stopAll() {
    this.#interrupt();
    this.dictation.discard();
    this.conversation.dispatch({ type: 'page.stopped' });
  }

  /** Nothing of this page goes on when it is left: no microphone, no sound, no socket. */
  leave() {
    this.stopAll();
    this.socket.close();
    this.#disconnected(0);
  }

  /** @param {Notice} notice */
  dismiss(notice) {
    this.conversation.dismiss(notice);
  }

  /**
   * @param {string} obstacle a sentence, or ""
   * @returns {boolean} whether there is one; the person is told
   */
  #hindered(obstacle) {
    if (obstacle) this.conversation.notice('warning', 'obstacle', obstacle);
    return obstacle !== '';
  }

  /**
   * End the turn under way: silence first, then tell the server, and what was heard of it.
   * @param {boolean} [cancel] false when the server has ended it already
   * @returns {boolean} whether there was one
   */
  #interrupt(cancel = true) {
    const cut = this.player.stopAll();
    const { turn } = this.state;
    if (turn === null) return false;
    const { responseId } = turn;
    if (cancel && !turn.done) {
      const which = responseId === null ? {} : { response_id: responseId };
      this.socket.send({ type: 'response.cancel', ...which });
    }
    if (responseId !== null) this.player.refuse(responseId);
    const heard = this.#tellHeard(responseId, cut);
    this.conversation.dispatch({ type: 'page.interrupted', heard });
    return true;
  }

  /**
   * @param {string | null} responseId
   * @param {Map<string, Heard>} cut what the player was stopped in
   * @returns {Map<string, Heard>} by item
   */
  #tellHeard(responseId, cut) {
    /** @param {Message} message */
    const spoken = (message) => responseId !== null && message.responseId === responseId && !message.silent;
    const heard = new Map();
    for (const { id } of this.state.messages.filter(spoken)) {
      const played = cut.get(id) ?? this.player.heard(id);
      heard.set(id, played);
      this.#truncate(id, played.heardMs);
    }
    return heard;
  }

  /**
   * @param {string} itemId
   * @param {number} heardMs
   */
  #truncate(itemId, heardMs) {
    this.socket.send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: heardMs,
    });
  }

  /** @param {ServerEvent} event */
  #receive(event) {
    switch (event.type) {
      case 'response.output_audio.delta':
        this.#play(event);
        return;
      case 'error':
        this.#refused(event.error);
        return;
      case 'session.created':
        this.dictation.forget();
        this.player.forget();
        break;
      case 'response.output_item.added':
        // It was stopped before it was known here: nothing of it is heard, and history should say so.
        if (this.state.dead.has(event.response_id)) this.#truncate(event.item.id, 0);
        break;
      case 'response.done':
        if (event.response.status === 'cancelled') this.#cancelled(event.response.id);
        break;
    }
    this.conversation.dispatch(event);
    if (event.type === 'response.created' && this.state.dead.has(event.response.id)) {
      this.player.refuse(event.response.id);
    }
  }

  /** @param {AudioDelta} event */
  #play({ response_id: responseId, item_id: itemId, delta }) {
    this.player.play(responseId, itemId, toFloat32(fromBase64(delta)));
  }

  /**
   * The server ended a reply by itself; the page ends it too.
   * @param {string} responseId
   */
  #cancelled(responseId) {
    if (this.state.turn?.responseId !== responseId) return;
    this.#interrupt(false);
    this.conversation.dispatch({ type: 'page.stopped' });
  }

  /**
   * The server did not take something. Without the words it was to answer, a reply would answer
   * something else, so it is called off.
   * @param {WireError} error
   */
  #refused(error) {
    const { messages, turn } = this.state;
    const typed = messages.find(({ sentAs }) => sentAs !== null && sentAs === error.event_id);
    const spoken = turn !== null && turn.commitId !== null && turn.commitId === error.event_id;
    this.conversation.dispatch({ type: 'error', error });
    if (typed) this.giveBack(typed.text);
    if (typed || spoken) this.#interrupt();
  }

  /** @param {number} code */
  #lost(code) {
    const wasOpen = this.state.connection === 'open';
    this.#disconnected(code);
    if (!wasOpen) void this.#askWhy();
  }

  /** A browser does not say why a socket could not be opened; a plain request does. */
  async #askWhy() {
    if ((await wantsToken()) && this.state.connection !== 'open') {
      this.conversation.notice('warning', CONNECTION, sentences.TOKEN_WANTED);
    }
  }

  /** @param {number} code */
  #disconnected(code) {
    const wasOpen = this.state.connection === 'open';
    const unsent = this.state.messages.filter(({ sentAs }) => sentAs !== null);
    this.player.forget();
    const sentence = sentences.connectionLost(code, wasOpen);
    this.conversation.dispatch({ type: 'page.disconnected', sentence });
    this.dictation.discard();
    for (const { text } of unsent) this.giveBack(text);
  }

  /** @param {boolean} blocked */
  #blocked(blocked) {
    if (blocked) {
      this.conversation.notice('warning', 'sound', sentences.SOUND_BLOCKED);
      return;
    }
    const told = this.state.notices.find(({ code }) => code === 'sound');
    if (told) this.dismiss(told);
  }
}
