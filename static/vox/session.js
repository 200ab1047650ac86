// @ts-check
// One tab's conversation: what each press does. (What the server says comes in at incoming.js.)
// Data flows one way: presses and events come in, `conversation` holds what is known, the view shows it.

/** @import {Notice, State} from './conversation/state.js' */
/** @import {Capture} from './microphone.js' */
/** @import {PreferenceStore} from './preferences.js' */
/** @import {ServerEvent} from './wire.js' */

import { Conversation } from './conversation.js';
import { Replay } from './conversations/replay.js';
import { Dictation } from './dictation.js';
import { HandsFree } from './hands-free.js';
import { Incoming } from './incoming.js';
import { Input } from './input.js';
import { Line } from './line.js';
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
 * @property {(event: ServerEvent) => void} [told] what the server said, once it is known to the conversation
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
    this.socket = new Realtime(options.address, {
      event: (event) => this.incoming.receive(event),
      lost: (code) => this.line.lost(code),
    });
    this.replies = new Replies(conversation, this.socket, options.createContext);
    this.input = new Input(
      this.socket,
      { level: options.level, quiet: (quiet) => this.#quiet(quiet) },
      options.openMicrophone,
    );
    this.dictation = new Dictation(conversation, this.socket, this.input);
    this.line = new Line(conversation, this.socket, {
      dropSound: () => this.player.forget(),
      dropRecording: () => this.dictation.discard(),
      giveBack: options.giveBack,
    });
    const chosen = options.preferences ?? preferences;
    this.handsFree = new HandsFree(conversation, this.input, chosen);
    this.replay = new Replay(conversation, this.player);
    this.incoming = new Incoming(this, options);
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
    this.silence();
    this.conversation.dispatch({ type: 'page.stopped' });
  }

  /** The same for something that needs silence: where nothing went on, nothing is said to have stopped. */
  silence() {
    this.stopGenerating();
    this.dictation.discard();
    if (this.state.handsFree === 'on') this.input.clear();
    this.conversation.dispatch({ type: 'page.dropped' });
  }

  /**
   * Go over to another conversation. Whatever goes on ends first; who is hands-free stays so.
   * @param {string | null} id of one that is kept; null to begin a new one
   */
  open(id) {
    this.stopAll();
    this.player.forget();
    this.line.moveTo(id);
  }

  /** Nothing of this page goes on when it is left: no microphone, no sound, no socket. */
  leave() {
    this.stopAll();
    this.handsFree.turnOff();
    this.socket.close();
    this.line.down(0);
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
