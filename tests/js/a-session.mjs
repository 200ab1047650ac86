// A session whose server, microphone and loudspeaker are the test.

import { toBase64 } from '../../static/vox/pcm.js';
import { DEFAULTS } from '../../static/vox/preferences.js';
import { Session } from '../../static/vox/session.js';
import { FakeAudioContext, FakeMicrophone, FakeSocket, aModel, settle } from './fakes.mjs';

export const MODELS = { type: 'vox.models', models: { stt: aModel(), llm: aModel(), tts: aModel() } };

/**
 * The events by which an utterance becomes a turn.
 * @param {string} itemId
 * @param {string} responseId
 */
export function committing(itemId, responseId) {
  const content = [{ type: 'input_audio', transcript: null }];
  return [
    { type: 'input_audio_buffer.committed', item_id: itemId },
    { type: 'conversation.item.added', item: { id: itemId, role: 'user', content } },
    { type: 'response.created', response: { id: responseId } },
  ];
}

/** Preferences that the test changes. */
class FakePreferences {
  #now = DEFAULTS;
  #listeners = [];

  get() {
    return this.#now;
  }

  subscribe(listener) {
    this.#listeners.push(listener);
    return () => {};
  }

  set(changes) {
    this.#now = { ...this.#now, ...changes };
    for (const listener of this.#listeners) listener(this.#now);
  }
}

export class Told {
  /** @type {FakeMicrophone[]} */
  microphones = [];
  /** What opening the microphone throws from now on. */
  refusal = null;
  context = new FakeAudioContext();
  preferences = new FakePreferences();

  constructor() {
    globalThis.WebSocket = /** @type {any} */ (FakeSocket);
    FakeSocket.made = [];
    this.session = new Session({
      address: 'ws://vox',
      changed() {},
      level() {},
      giveBack() {},
      createContext: () => /** @type {any} */ (this.context),
      openMicrophone: async () => {
        if (this.refusal) throw this.refusal;
        this.microphones.push(new FakeMicrophone());
        return /** @type {any} */ (this.microphones.at(-1));
      },
      preferences: /** @type {any} */ (this.preferences),
    });
    this.session.socket.connect();
    this.connect();
  }

  get state() {
    return this.session.state;
  }

  /** The server accepts the newest connection. */
  connect() {
    this.socket.onopen();
    this.say({ type: 'session.created' }, MODELS);
  }

  disconnect() {
    this.socket.onclose({ code: 1006 });
  }

  /** @returns {FakeSocket} */
  get socket() {
    return FakeSocket.made.at(-1);
  }

  /** @returns {FakeMicrophone} */
  get microphone() {
    return this.microphones.at(-1);
  }

  hear(frames = 1) {
    for (let i = 0; i < frames; i++) this.microphone.hear();
  }

  say(...events) {
    for (const event of events) this.socket.say(event);
  }

  /** Everything sent since the last look. */
  sent() {
    return this.socket.sent.splice(0);
  }

  types() {
    return this.sent().map(({ type }) => type);
  }

  async handsFree() {
    this.session.switchHandsFree();
    await settle();
  }

  async finish() {
    this.session.talk();
    await settle();
    this.microphone.flushed();
    await settle();
  }

  speechStarted(itemId = 'u1') {
    this.say({ type: 'input_audio_buffer.speech_started', item_id: itemId, audio_start_ms: 0 });
  }

  hearing(itemId, stable, unstable) {
    this.say({ type: 'vox.hearing', item_id: itemId, stable, unstable });
  }

  speechStopped(itemId = 'u1') {
    this.say({ type: 'input_audio_buffer.speech_stopped', item_id: itemId, audio_end_ms: 0 });
  }

  /** The utterance was speech, and the server begins to answer it. */
  committed(itemId = 'u1', responseId = 'r1') {
    this.say(...committing(itemId, responseId));
  }

  transcribed(itemId, transcript) {
    const type = 'conversation.item.input_audio_transcription';
    this.say(
      { type: `${type}.delta`, item_id: itemId, delta: transcript },
      { type: `${type}.completed`, item_id: itemId, transcript },
    );
  }

  /** The server speaks: a second of sound, of which `heardMs` is played. */
  answer(responseId = 'r1', itemId = 'a1', heardMs = 400) {
    const place = { response_id: responseId, item_id: itemId };
    const delta = toBase64(new Int16Array(24_000).fill(1000));
    this.say(
      { type: 'response.output_item.added', ...place, item: { id: itemId, role: 'assistant' } },
      { type: 'response.output_audio_transcript.delta', ...place, delta: 'Good evening to you.' },
      { type: 'response.output_audio.delta', ...place, delta },
    );
    this.context.runTo(this.context.currentTime + 0.03 + heardMs / 1000);
  }

  done(responseId, status, reason) {
    const details = reason && { type: status, reason };
    this.say({ type: 'response.done', response: { id: responseId, status, status_details: details } });
  }

  /** @returns {[string, string][]} who said what */
  get said() {
    return this.state.messages.map(({ role, text, unstable }) => [role, text + (unstable ?? '')]);
  }
}
