// @ts-check
// What the person says, on its way to the server: the one place that opens the microphone, sends its
// frames while somebody speaks, and knows when each was recorded. The ways of talking use it together
// and differ only in who ends an utterance.

/** @import {Capture} from './microphone.js' */
/** @import {Realtime} from './realtime.js' */

import { InputClock } from './input-clock.js';
import { openMicrophone } from './microphone.js';
import { toBase64, toPcm16 } from './pcm.js';

/**
 * @typedef {object} InputUser a way of talking that needs the microphone
 * @property {object | null} detection how the server ends its utterances; null when a person does
 * @property {boolean} wantsFrames whether what is heard now is to be sent
 * @property {(seconds: number) => void} sent a frame of that length
 * @property {() => void} lost the microphone went away
 *
 * @typedef {object} InputListener
 * @property {(level: number) => void} level RMS, 0 to 1
 * @property {(quiet: boolean) => void} quiet whether it has given nothing at all for a while
 */

/** RMS below which a microphone gives nothing at all: muted, or not connected. */
const FAINTEST = 0.001;

/** Frames (32 ms each) of nothing from the beginning after which the person is told. */
const PATIENCE = 75;

/** What a new session does until it is told: a person ends each utterance. */
const NOTHING_TOLD = { rate: 0, detection: 'null' };

export class Input {
  clock = new InputClock();
  /** @type {Set<InputUser>} */
  #users = new Set();
  /** @type {Capture | null} */
  #capture = null;
  /**
   * The try to open the microphone that is under way, if any.
   * @type {Promise<void> | null}
   */
  #opening = null;
  /** What the server's session knows. */
  #told = NOTHING_TOLD;
  #clears = 0;
  /** Whether another microphone is to be used as soon as nobody is recording. */
  #changes = false;
  /**
   * Frames so far, all without sound; null once there was some.
   * @type {number | null}
   */
  #silent = null;

  /**
   * @param {Realtime} socket
   * @param {InputListener} listener
   * @param {() => Promise<Capture>} [open]
   */
  constructor(socket, listener, open = openMicrophone) {
    this.socket = socket;
    this.listener = listener;
    this.open = open;
  }

  /**
   * Open the microphone for `user`, who has it until it is dropped. Call this inside a press.
   * @param {InputUser} user
   * @throws what opening the microphone throws; then the user does not have it
   */
  async take(user) {
    this.#users.add(user);
    this.#silent = 0;
    if (this.#capture !== null) {
      this.tell();
      return;
    }
    try {
      await (this.#opening ?? this.#begin());
    } catch (problem) {
      this.drop(user);
      throw problem;
    }
  }

  /**
   * Without users the microphone is off. Harmless when `user` does not have it.
   * @param {InputUser} user
   */
  drop(user) {
    if (!this.#users.delete(user)) return;
    if (this.#users.size === 0) this.#close();
    this.tell();
    if (this.#changes) this.change();
  }

  /** What was sent and is not committed is thrown away. */
  clear() {
    if (this.socket.send({ type: 'input_audio_buffer.clear' }) !== null) this.#clears++;
  }

  /** The server has done so once. */
  cleared() {
    this.#clears = Math.max(0, this.#clears - 1);
  }

  /** Whether the server may still say something of what was thrown away. */
  get isClearing() {
    return this.#clears > 0;
  }

  /** What the microphone has heard so far is sent. */
  async flush() {
    await this.#capture?.flush();
  }

  /** Use the microphone that is chosen now; a recording under way stays with the one it has. */
  change() {
    const isOpen = this.#capture !== null;
    this.#changes = isOpen && this.#isRecording();
    if (!isOpen || this.#changes) return;
    this.#close();
    this.#begin().catch(() => this.#lose());
  }

  /** Tell the server the rate, and who ends an utterance, where it does not know that yet. */
  tell() {
    const rate = this.#capture?.rate ?? this.#told.rate;
    const wish = this.#isRecording() ? null : ([...this.#users][0]?.detection ?? null);
    const detection = JSON.stringify(wish);
    if (rate === 0 || (rate === this.#told.rate && detection === this.#told.detection)) return;
    const input = { format: { type: 'audio/pcm', rate }, turn_detection: wish };
    const session = { type: 'realtime', audio: { input } };
    if (this.socket.send({ type: 'session.update', session }) !== null) this.#told = { rate, detection };
  }

  /** The server has a new session, which knows nothing of this microphone. */
  restart() {
    this.clock.restart();
    this.#told = NOTHING_TOLD;
    this.#clears = 0;
    this.tell();
  }

  /** Whether somebody talks who ends the utterance with a press. */
  #isRecording() {
    return [...this.#users].some(({ detection }) => detection === null);
  }

  #begin() {
    const opening = this.open().then(
      (capture) => {
        // Nobody may want it any more: called off while the browser was asking.
        if (this.#opening === opening) this.#use(capture);
        else capture.release();
      },
      (problem) => {
        if (this.#opening !== opening) return;
        this.#opening = null;
        throw problem;
      },
    );
    this.#opening = opening;
    return opening;
  }

  /** @param {Capture} capture */
  #use(capture) {
    this.#opening = null;
    this.#capture = capture;
    this.tell();
    try {
      capture.start(
        (samples, level) => this.#frame(capture, samples, level),
        () => this.#capture === capture && this.#lose(),
      );
    } catch (problem) {
      this.#close();
      throw problem;
    }
  }

  #close() {
    this.#opening = null;
    this.#capture?.release();
    this.#capture = null;
  }

  #lose() {
    for (const user of [...this.#users]) user.lost();
  }

  /**
   * @param {Capture} capture
   * @param {Float32Array} samples
   * @param {number} level
   */
  #frame(capture, samples, level) {
    if (this.#capture !== capture) return;
    this.listener.level(level);
    const users = [...this.#users].filter(({ wantsFrames }) => wantsFrames);
    if (users.length === 0) return;
    const seconds = samples.length / capture.rate;
    const audio = toBase64(toPcm16(samples));
    const sent = this.socket.send({ type: 'input_audio_buffer.append', audio });
    if (sent !== null) this.clock.sentFrame(seconds * 1000, performance.now());
    for (const user of users) user.sent(seconds);
    this.#watch(level);
  }

  /** @param {number} level */
  #watch(level) {
    if (this.#silent !== null) this.#silent = level > FAINTEST ? null : this.#silent + 1;
    this.listener.quiet(this.#silent !== null && this.#silent > PATIENCE);
  }
}
