// @ts-check
// One tab's conversation: what each press does, and what becomes of what the server says.
// Data flows one way: presses and events come in here, `conversation` holds what is known, the view
// shows it.

/** @import {Notice, State} from './conversation/state.js' */
/** @import {Capture} from './microphone.js' */
/** @import {PreferenceStore} from './preferences.js' */
/** @import {ServerEvent, TimingsEvent, WireError} from './wire.js' */

import { wantsToken } from './api.js';
import { CONNECTION } from './conversation/notices.js';
import { Conversation } from './conversation.js';
import { Dictation } from './dictation.js';
import { HandsFree } from './hands-free.js';
import { Input } from './input.js';
import { preferences } from './preferences.js';
import { Realtime } from './realtime.js';
import { Replies } from './replies.js';
import * as sentences from './sentences.js';

/**
 * @typedef {object} SessionOptions
 * @property {string} address of the socket
 * @property {(state: State, before: State) => void} changed
 * @property {(level: number) => void} level of the microphone, RMS, 0 to 1
 * @property {(text: string) => void} giveBack typed text that could not be sent
 * @property {() => AudioContext} [createContext]
 * @property {() => Promise<Capture>} [openMicrophone]
 * @property {Pick<PreferenceStore, 'get' | 'subscribe'>} [preferences]
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
    this.replies = new Replies(conversation, this.socket, options.createContext);
    this.input = new Input(
      this.socket,
      { level: options.level, quiet: (quiet) => this.#quiet(quiet) },
      options.openMicrophone,
    );
    this.dictation = new Dictation(conversation, this.socket, this.input);
    const chosen = options.preferences ?? preferences;
    this.handsFree = new HandsFree(conversation, this.input, chosen);
    this.#follow(chosen);
  }

  get player() {
    return this.replies.player;
  }

  get state() {
    return this.conversation.state;
  }

  /** Talk was pressed: begin a recording, or end the one under way. */
  talk() {
    if (this.dictation.busy) this.dictation.finish();
    else this.#record();
  }

  /**
   * The key that is held to talk is down.
   * @returns {boolean} whether a recording begins, which `letGo` ends
   */
  hold() {
    return !this.dictation.busy && this.#record(sentences.TOO_SHORT_HELD);
  }

  /** The key is up again. */
  letGo() {
    this.dictation.finish();
  }

  /** Hands-free was pressed: on when it is off, and off when it is on. */
  switchHandsFree() {
    if (this.handsFree.isOn) {
      this.handsFree.turnOff();
      this.player.giveWay('resume');
      return;
    }
    if (this.#hindered(sentences.obstacle(this.state, ['stt', 'llm']))) return;
    this.player.unlock();
    void this.handsFree.turnOn();
  }

  /** Mute was pressed: nothing more is sent, and what is being heard is thrown away; or it goes on. */
  switchMute() {
    if (this.state.handsFree !== 'on') return;
    const muted = !this.state.muted;
    if (muted) {
      this.input.clear();
      this.player.giveWay('resume');
    }
    this.conversation.dispatch({ type: 'page.muted', muted });
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
    this.replies.interrupt();
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
    if (this.replies.interrupt()) this.conversation.dispatch({ type: 'page.stopped' });
  }

  /**
   * Silence everything, throw away what is being said, end the turn; nothing is unloaded, and who is
   * hands-free stays so.
   */
  stopAll() {
    this.replies.interrupt();
    this.dictation.discard();
    if (this.state.handsFree === 'on') this.input.clear();
    this.conversation.dispatch({ type: 'page.dropped' });
    this.conversation.dispatch({ type: 'page.stopped' });
  }

  /** Nothing of this page goes on when it is left: no microphone, no sound, no socket. */
  leave() {
    this.stopAll();
    this.handsFree.turnOff();
    this.socket.close();
    this.#disconnected(0);
  }

  /** @param {Notice} notice */
  dismiss(notice) {
    this.conversation.dismiss(notice);
  }

  /**
   * @param {string} [slip] what to say of a recording that is too short
   * @returns {boolean} whether a recording begins
   */
  #record(slip) {
    if (this.#hindered(sentences.obstacle(this.state, ['stt', 'llm']))) return false;
    this.replies.interrupt();
    this.player.unlock();
    this.dictation.start(slip);
    return true;
  }

  /**
   * @param {string} obstacle a sentence, or ""
   * @returns {boolean} whether there is one; the person is told
   */
  #hindered(obstacle) {
    if (obstacle) this.conversation.notice('warning', 'obstacle', obstacle);
    return obstacle !== '';
  }

  /** @param {ServerEvent} event */
  #receive(event) {
    switch (event.type) {
      case 'response.output_audio.delta':
        this.replies.play(event);
        return;
      case 'error':
        this.#refused(event.error);
        return;
      case 'session.created':
        this.player.forget();
        this.input.restart();
        break;
      case 'input_audio_buffer.cleared':
        this.input.cleared();
        break;
      case 'input_audio_buffer.speech_started':
        // The server has ended what it was saying.
        this.replies.interrupt(false);
        break;
      case 'input_audio_buffer.speech_stopped':
        this.handsFree.over(event.item_id);
        break;
      case 'vox.voice':
        this.player.giveWay(event.phase);
        return;
      case 'response.output_item.added':
        this.replies.added(event);
        break;
      case 'response.done':
        if (event.response.status === 'cancelled') this.replies.cancelled(event.response);
        break;
    }
    this.conversation.dispatch(event);
    this.#afterwards(event);
  }

  /** @param {ServerEvent} event which is known to the conversation now */
  #afterwards(event) {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        if (this.#isLate || !this.handsFree.wantsFrames) this.conversation.dispatch({ type: 'page.dropped' });
        break;
      case 'response.created':
        this.replies.created(event.response.id, this.#isLate);
        break;
      case 'vox.timings':
        this.#measured(event);
        break;
    }
  }

  /** Whether what the server hears by itself comes from before it knew that the person wants it not. */
  get #isLate() {
    return this.input.isClearing || this.dictation.busy;
  }

  /** @param {TimingsEvent} event */
  #measured({ response_id: responseId, voiced_until_ms: voicedUntil }) {
    const at = voicedUntil === null ? null : this.input.clock.timeOf(voicedUntil);
    if (at !== null) this.conversation.dispatch({ type: 'page.voicedUntil', responseId, at });
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
    if (typed || spoken) this.replies.interrupt();
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

  /** @param {Pick<PreferenceStore, 'get' | 'subscribe'>} chosen */
  #follow(chosen) {
    let before = chosen.get();
    this.player.setSink(before.speaker);
    chosen.subscribe((now) => {
      this.player.setSink(now.speaker);
      if (now.microphone !== before.microphone) this.input.change();
      this.input.tell();
      before = now;
    });
  }

  /** @param {boolean} quiet */
  #quiet(quiet) {
    if (quiet !== this.state.quiet) this.conversation.dispatch({ type: 'page.quiet', quiet });
  }
}
