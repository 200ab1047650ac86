// @ts-check
// The loudspeaker: chunks of sound, played back to back to the sample.
//
// The context runs at the rate of the sound, so that no chunk is resampled on its own (each would
// begin and end with a small click). Every source that plays or is scheduled is in `activeAudio`;
// a stop empties it in the same tick and waits for nobody.

/** @import {Heard} from './conversation/state.js' */

import { SPEECH_RATE } from './wire.js';

/** Seconds between a chunk's arrival and its sound when nothing is playing. */
const LEAD = 0.03;

/** Seconds after its end in which a source may still tell that it has ended. */
const GRACE = 0.5;

/**
 * @typedef {object} Stretch sound of an item without a gap
 * @property {number} start sample of the context's clock at which it begins
 * @property {number} length samples
 *
 * @typedef {object} Track an item's sound so far
 * @property {string} responseId
 * @property {Stretch[]} stretches
 * @property {number} sources that play or are scheduled
 *
 * @typedef {object} PlayerListener
 * @property {(itemId: string) => void} started its sound begins, or goes on after a gap
 * @property {(itemId: string) => void} ended all of its sound so far has been played
 * @property {(blocked: boolean) => void} blocked the browser holds the sound back
 */

export class Player {
  /** @type {Set<AudioBufferSourceNode>} */
  activeAudio = new Set();
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #output = null;
  /** @type {Map<string, Track>} */
  #tracks = new Map();
  /** @type {Set<string>} */
  #stopped = new Set();
  /** @type {WeakMap<AudioBufferSourceNode, {end: number, ended: () => void}>} */
  #ends = new WeakMap();
  /** The sample at which the next chunk can begin. */
  #next = 0;

  /**
   * @param {PlayerListener} listener
   * @param {() => AudioContext} [createContext]
   */
  constructor(listener, createContext = speechContext) {
    this.listener = listener;
    this.createContext = createContext;
  }

  /** Where the voice comes out; null before the first sound. */
  get output() {
    return this.#output;
  }

  /** Call this inside a press: only then do browsers let sound begin. */
  unlock() {
    this.#ready();
    this.resume();
  }

  /** Go on if the browser has paused the sound; Safari's 'interrupted' (a call came in) included. */
  resume() {
    const context = this.#context;
    if (context !== null && context.state !== 'running') context.resume().catch(() => {});
  }

  /**
   * Play `samples` right after what came before. Sound of a stopped response is dropped.
   * @param {string} responseId
   * @param {string} itemId
   * @param {Float32Array<ArrayBuffer>} samples at SPEECH_RATE
   */
  play(responseId, itemId, samples) {
    if (samples.length === 0 || this.#stopped.has(responseId)) return;
    const context = this.#ready();
    this.prune();
    const buffer = context.createBuffer(1, samples.length, SPEECH_RATE);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(/** @type {AnalyserNode} */ (this.#output));
    const start = Math.max(this.#next, this.#now() + Math.round(LEAD * SPEECH_RATE));
    this.#next = start + samples.length;
    source.start(start / SPEECH_RATE);
    this.#keep(source, responseId, itemId, start, samples.length);
    if (context.state !== 'running') {
      this.resume();
      this.#onState();
    }
  }

  /**
   * Silence every source, now; what still arrives of these responses is dropped.
   * @returns {Map<string, Heard>} by item: what was cut off. Items played to their end are left out.
   */
  stopAll() {
    for (const source of this.activeAudio) silence(source);
    this.activeAudio.clear();
    this.#next = 0;
    /** @type {Map<string, Heard>} */
    const cut = new Map();
    for (const [itemId, track] of this.#tracks) {
      if (track.sources === 0) continue;
      cut.set(itemId, this.heard(itemId));
      this.#stopped.add(track.responseId);
      this.#tracks.delete(itemId);
    }
    return cut;
  }

  /**
   * Drop whatever may still arrive of this response.
   * @param {string} responseId
   */
  refuse(responseId) {
    this.#stopped.add(responseId);
  }

  /** Forget what was played: the items and responses to come are a new session's. */
  forget() {
    this.stopAll();
    this.#tracks.clear();
    this.#stopped.clear();
  }

  /**
   * @param {string} itemId
   * @returns {Heard} how much of its sound has left the loudspeaker
   */
  heard(itemId) {
    const stretches = this.#tracks.get(itemId)?.stretches ?? [];
    const now = this.#now() - Math.round(latency(this.#context) * SPEECH_RATE);
    let heard = 0;
    let total = 0;
    for (const { start, length } of stretches) {
      heard += Math.max(0, Math.min(length, now - start));
      total += length;
    }
    return {
      heardMs: Math.floor((heard * 1000) / SPEECH_RATE),
      totalMs: Math.floor((total * 1000) / SPEECH_RATE),
    };
  }

  /** Let go of sources whose time is over and whose 'ended' never came. */
  prune() {
    const now = this.#context?.currentTime ?? 0;
    for (const source of this.activeAudio) {
      const known = this.#ends.get(source);
      if (known !== undefined && known.end < now - GRACE) known.ended();
    }
  }

  /** The context, made when it is first needed. */
  #ready() {
    if (this.#context !== null && this.#context.state !== 'closed') return this.#context;
    const context = this.createContext();
    const output = context.createAnalyser();
    output.fftSize = 1024;
    output.connect(context.destination);
    context.onstatechange = () => this.#onState();
    this.#context = context;
    this.#output = output;
    this.#next = 0;
    return context;
  }

  #onState() {
    const held = this.#context !== null && this.#context.state !== 'running';
    this.listener.blocked(held && this.activeAudio.size > 0);
  }

  /** The context's clock, in samples. */
  #now() {
    return this.#context === null ? 0 : Math.round(this.#context.currentTime * SPEECH_RATE);
  }

  /**
   * @param {AudioBufferSourceNode} source
   * @param {string} responseId
   * @param {string} itemId
   * @param {number} start
   * @param {number} length
   */
  #keep(source, responseId, itemId, start, length) {
    const track = this.#tracks.get(itemId) ?? { responseId, stretches: [], sources: 0 };
    this.#tracks.set(itemId, track);
    const last = track.stretches.at(-1);
    if (last !== undefined && last.start + last.length === start) last.length += length;
    else track.stretches.push({ start, length });
    this.activeAudio.add(source);
    const ended = () => this.#ended(source, itemId, track);
    this.#ends.set(source, { end: (start + length) / SPEECH_RATE, ended });
    source.onended = ended;
    if (track.sources++ === 0) this.listener.started(itemId);
  }

  /**
   * @param {AudioBufferSourceNode} source
   * @param {string} itemId
   * @param {Track} track
   */
  #ended(source, itemId, track) {
    if (!this.activeAudio.delete(source)) return;
    silence(source);
    if (--track.sources === 0) this.listener.ended(itemId);
  }
}

/** @param {AudioBufferSourceNode} source */
function silence(source) {
  source.onended = null;
  try {
    source.stop();
  } catch {
    // It has ended by itself.
  }
  source.disconnect();
}

/**
 * Seconds between the context's clock and the ear.
 * @param {AudioContext | null} context
 */
function latency(context) {
  const seconds = context?.outputLatency || context?.baseLatency || 0;
  return Math.min(seconds, 0.5);
}

function speechContext() {
  try {
    return new AudioContext({ sampleRate: SPEECH_RATE, latencyHint: 'interactive' });
  } catch {
    // A device that refuses the rate: the browser resamples each chunk, with faint seams.
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
