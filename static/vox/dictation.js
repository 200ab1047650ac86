// @ts-check
// A recording on its way to the server: frame by frame while the person speaks, so that nothing is
// left to upload when they have finished.

/** @import {Conversation} from './conversation.js' */
/** @import {Realtime} from './realtime.js' */
/** @import {Capture, RecordingEnd} from './recording.js' */

import { toBase64, toPcm16 } from './pcm.js';
import { Recorder } from './recorder.js';
import * as sentences from './sentences.js';

/** RMS below which a microphone gives nothing at all: muted, or not connected. */
const FAINTEST = 0.001;

/** Frames (40 ms each) of nothing at a recording's beginning after which the person is told. */
const PATIENCE = 60;

/** Seconds below which a recording is a slip of the finger. */
const SHORTEST = 0.2;

export class Dictation {
  /** Hz, as the server's session knows it. */
  #rate = 0;
  /**
   * Frames of this recording so far, all without sound; null once there was some.
   * @type {number | null}
   */
  #silent = 0;

  /**
   * @param {Conversation} conversation
   * @param {Realtime} socket
   * @param {(level: number) => void} level RMS, 0 to 1
   * @param {() => Promise<Capture>} [openMicrophone]
   */
  constructor(conversation, socket, level, openMicrophone) {
    this.conversation = conversation;
    this.socket = socket;
    this.level = level;
    this.recorder = new Recorder(
      {
        phase: (phase) => conversation.dispatch({ type: 'page.recording', phase }),
        opened: (rate) => this.#opened(rate),
        frame: (samples) => {
          socket.send({ type: 'input_audio_buffer.append', audio: toBase64(toPcm16(samples)) });
        },
        level: (level) => this.#heard(level),
        ended: (end) => this.#ended(end),
        failed: (problem) => conversation.notice('error', 'microphone', sentences.microphoneProblem(problem)),
      },
      openMicrophone,
    );
  }

  /** Whether a recording is under way, or being begun or ended. */
  get busy() {
    return this.recorder.busy;
  }

  /** Call this inside a press. */
  start() {
    void this.recorder.start();
  }

  finish() {
    this.recorder.finish();
  }

  discard() {
    this.recorder.discard();
  }

  /** The server has a new session, which knows nothing of this microphone. */
  forget() {
    this.#rate = 0;
  }

  /** @param {number} rate */
  #opened(rate) {
    this.#silent = 0;
    if (rate === this.#rate) return;
    const input = { format: { type: 'audio/pcm', rate }, turn_detection: null };
    this.socket.send({ type: 'session.update', session: { type: 'realtime', audio: { input } } });
    this.#rate = rate;
  }

  /** @param {number} level */
  #heard(level) {
    this.level(level);
    if (this.#silent === null) return;
    this.#silent = level > FAINTEST ? null : this.#silent + 1;
    const quiet = this.#silent !== null && this.#silent > PATIENCE;
    if (quiet !== this.conversation.state.quiet) this.conversation.dispatch({ type: 'page.quiet', quiet });
  }

  /** @param {RecordingEnd} end */
  #ended({ how, lost, seconds }) {
    if (how === 'finished' && seconds >= SHORTEST) {
      this.#commit(lost);
      return;
    }
    this.socket.send({ type: 'input_audio_buffer.clear' });
    if (how === 'finished') {
      const sentence = seconds === 0 ? sentences.NO_SOUND : sentences.TOO_SHORT;
      this.conversation.notice('info', 'recording', sentence);
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
