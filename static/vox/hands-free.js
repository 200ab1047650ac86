// @ts-check
// Hands-free: the microphone stays open, and the server hears when an utterance begins and ends.

/** @import {Conversation} from './conversation.js' */
/** @import {Input} from './input.js' */
/** @import {PreferenceStore} from './preferences.js' */

import { turnDetection } from './preferences.js';
import * as sentences from './sentences.js';

/** Milliseconds after an utterance's end in which it is committed, if it was speech at all. */
const COMMIT_PATIENCE = 500;

export class HandsFree {
  /** The switching on that counts: it may be switched off, and on again, while the browser asks. */
  #attempt = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Conversation} conversation
   * @param {Input} input
   * @param {Pick<PreferenceStore, 'get'>} preferences
   */
  constructor(conversation, input, preferences) {
    this.conversation = conversation;
    this.input = input;
    this.preferences = preferences;
  }

  get isOn() {
    return this.conversation.state.handsFree !== 'off';
  }

  /** How the server is to tell where an utterance begins and ends. */
  get detection() {
    return turnDetection(this.preferences.get());
  }

  get wantsFrames() {
    const { handsFree, muted } = this.conversation.state;
    return handsFree === 'on' && !muted;
  }

  /** Call this inside a press. */
  async turnOn() {
    if (this.isOn) return;
    const attempt = {};
    this.#attempt = attempt;
    this.#phase('opening');
    try {
      await this.input.take(this);
    } catch (problem) {
      if (this.#attempt !== attempt) return;
      this.#phase('off');
      const sentence = sentences.microphoneProblem(problem, sentences.HANDS_FREE_AGAIN);
      this.conversation.notice('error', 'microphone', sentence);
      return;
    }
    if (this.#attempt === attempt) this.#phase('on');
  }

  /** Harmless when it is off. */
  turnOff() {
    if (!this.isOn) return;
    this.#attempt = {};
    this.#phase('off');
    this.input.drop(this);
  }

  lost() {
    this.turnOff();
    this.conversation.notice('error', 'microphone', sentences.HANDS_FREE_LOST);
  }

  sent() {}

  /**
   * An utterance has ended; unless it is committed now it was no speech.
   * @param {string} itemId
   */
  over(itemId) {
    clearTimeout(this.#timer);
    const unheard = () => this.conversation.dispatch({ type: 'page.unheard', itemId });
    this.#timer = setTimeout(unheard, COMMIT_PATIENCE);
  }

  /** @param {'off' | 'opening' | 'on'} phase */
  #phase(phase) {
    this.conversation.dispatch({ type: 'page.handsFree', phase });
  }
}
