// @ts-check
// While a reply sounds: marks the words being spoken and moves the ring with the voice.

/** @import {Message, State} from '../conversation/state.js' */
/** @import {Player} from '../player.js' */
/** @import {MessageList} from './messages.js' */
/** @import {Ring} from './ring.js' */

import { phraseAt } from '../conversation/phrases.js';
import { speaking } from './marks.js';

export class Voice {
  /** @type {Message | undefined} */
  #message;
  #marked = '';
  #running = false;
  /** A kept message sounds once more. */
  #replaying = false;
  #samples = new Float32Array(1024);

  /**
   * @param {Player} player
   * @param {MessageList} list
   * @param {Ring} ring
   */
  constructor(player, list, ring) {
    this.player = player;
    this.list = list;
    this.ring = ring;
  }

  /** @param {State} state */
  render(state) {
    const message = state.messages.findLast(({ playing }) => playing);
    if (message?.id !== this.#message?.id) this.#unmark();
    this.#message = message;
    this.#replaying = state.replay?.stage === 'playing';
    if (this.#sounds && !this.#running) {
      this.#running = true;
      requestAnimationFrame(() => this.#frame());
    }
  }

  get #sounds() {
    return this.#message !== undefined || this.#replaying;
  }

  #frame() {
    if (!this.#sounds) {
      this.#running = false;
      return;
    }
    if (this.#message !== undefined) this.#mark(this.#message);
    this.ring.spoken(this.#level());
    requestAnimationFrame(() => this.#frame());
    // May end the message, and with it this loop.
    this.player.prune();
  }

  /** @param {Message} message */
  #mark(message) {
    const phrase = phraseAt(message.phrases, this.player.heard(message.id).heardMs);
    const text = this.list.text(message.id);
    if (phrase === null || text === undefined) return;
    const marked = `${message.id} ${phrase.start} ${Math.min(phrase.end, text.length)}`;
    if (marked === this.#marked) return;
    this.#marked = marked;
    speaking.set(text, phrase.start, phrase.end);
  }

  #unmark() {
    const text = this.#message && this.list.text(this.#message.id);
    if (text) speaking.clear(text);
    this.#marked = '';
  }

  /** RMS of what is being played. */
  #level() {
    const output = this.player.output;
    if (output === null) return 0;
    output.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}
