// @ts-check
// Talk and the space bar: recordings one after the other, at most one at a time, each of which the
// person ends.

/** @import {Conversation} from './conversation.js' */
/** @import {Input} from './input.js' */
/** @import {Realtime} from './realtime.js' */
/** @import {RecordingEnd} from './recording.js' */

import { Recording } from './recording.js';
import * as sentences from './sentences.js';

/** Seconds below which a recording is a slip of the finger. */
const SHORTEST = 0.2;

export class Dictation {
  /** @type {Recording | null} */
  #recording = null;

  /**
   * @param {Conversation} conversation
   * @param {Realtime} socket
   * @param {Input} input
   */
  constructor(conversation, socket, input) {
    this.conversation = conversation;
    this.socket = socket;
    this.input = input;
  }

  /** Whether a recording is under way, or being begun or ended. */
  get busy() {
    return this.#recording !== null && !this.#recording.onstopProcessed;
  }

  /**
   * Begin; when busy, nothing happens. Call this inside a press.
   * @param {string} [slip] what to say of a recording that is too short
   */
  start(slip = sentences.TOO_SHORT) {
    if (this.busy) return;
    const { conversation } = this;
    this.#recording = new Recording(this.input, {
      phase: (phase) => conversation.dispatch({ type: 'page.recording', phase }),
      ended: (end) => this.#ended(end, slip),
      failed: (problem) => conversation.notice('error', 'microphone', sentences.microphoneProblem(problem)),
    });
    void this.#recording.start();
  }

  /** End the recording and keep it; one that has not begun is called off. */
  finish() {
    void this.#recording?.finish();
  }

  /** End the recording and throw it away; harmless when there is none. */
  discard() {
    this.#recording?.discard();
  }

  /**
   * @param {RecordingEnd} end
   * @param {string} slip
   */
  #ended({ how, lost, seconds }, slip) {
    if (how === 'finished' && seconds >= SHORTEST) {
      this.#commit(lost);
      return;
    }
    this.input.clear();
    if (how === 'finished') {
      this.conversation.notice('info', 'recording', seconds === 0 ? sentences.NO_SOUND : slip);
    }
  }

  /** @param {boolean} lost the microphone went away */
  #commit(lost) {
    const commitId = this.socket.send({ type: 'input_audio_buffer.commit' });
    const createId = this.socket.send({ type: 'response.create' });
    if (commitId === null || createId === null) return;
    this.conversation.dispatch({ type: 'page.spoke', commitId, createId });
    if (lost) this.conversation.notice('warning', 'recording', sentences.MICROPHONE_LOST);
  }
}
