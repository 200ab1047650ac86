// @ts-check
// The loudspeaker: chunks of sound, played back to back to the sample.
//
// The context runs at the rate of the sound, so that no chunk is resampled on its own (each would
// begin and end with a small click). Every source that plays or is scheduled is in `activeAudio`;
// a stop empties it in the same tick and waits for nobody.

/** @import {Heard} from './conversation/state.js' */

import { audibleAt, firstAudible, outputLatency } from './latency.js';
import { Volume } from './volume.js';
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
 * @property {number | null} audible seconds of the context's clock at which its first sound comes
 *
 * @typedef {object} PlayerListener
 * @property {(itemId: string) => void} started its sound begins, or goes on after a gap
 * @property {(itemId: string) => void} ended all of its sound so far has been played
 * @property {(itemId: string, at: number) => void} [firstSound] when, by performance.now(), its first
 *   audible sample leaves the loudspeaker; told once, a moment before or after
 * @property {(blocked: boolean) => void} blocked the browser holds the sound back
 * @property {() => void} [lostSink] the chosen loudspeaker cannot be used
 */

export class Player {
  /** @type {Set<AudioBufferSourceNode>} */
  activeAudio = new Set();
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #output = null;
  /** @type {Volume | null} */
  #volume = null;
  /** The loudspeaker's device id; '' for the browser's default. */
  #sink = '';
  /** @type {Map<string, Track>} */
  #tracks = new Map();
  /** @type {Set<string>} */
  #stopped = new Set();
  /** @type {WeakMap<AudioBufferSourceNode, {end: number, ended: () => void}>} */
  #ends = new WeakMap();
  /**
   * First sounds, in seconds of the context's clock, that are not told yet.
   * @type {Map<string, number>}
   */
  #firstSounds = new Map();
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
    if (context === null || this.#volume?.isHeld || context.state === 'running') return;
    context.resume().catch(() => {});
  }

  /**
   * Somebody makes a sound while this speaks: speak more softly, not at all for now, or as before.
   * @param {'duck' | 'hold' | 'resume'} how
   */
  giveWay(how) {
    this.#volume?.[how]();
  }

  /**
   * @param {string} deviceId of a loudspeaker; '' for the browser's default
   */
  setSink(deviceId) {
    if (deviceId === this.#sink) return;
    this.#sink = deviceId;
    if (this.#context !== null) this.#route(this.#context);
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
    // What was softer, or held, was another reply.
    if (!this.#knows(responseId)) this.#volume?.full();
    this.prune();
    const buffer = context.createBuffer(1, samples.length, SPEECH_RATE);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(/** @type {Volume} */ (this.#volume).node);
    const start = Math.max(this.#next, this.#now() + Math.round(LEAD * SPEECH_RATE));
    this.#next = start + samples.length;
    source.start(start / SPEECH_RATE);
    this.#keep(source, responseId, itemId, start, samples.length);
    this.#noteFirstSound(itemId, start, samples);
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
    this.#volume?.full();
    this.#firstSounds.clear();
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
    const now = this.#now() - Math.round(outputLatency(this.#context) * SPEECH_RATE);
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
    this.#volume = new Volume(context, output);
    this.#next = 0;
    if (this.#sink !== '') this.#route(context);
    return context;
  }

  /** @param {AudioContext} context */
  #route(context) {
    context.setSinkId?.(this.#sink).catch(() => this.listener.lostSink?.());
  }

  /** @param {string} responseId */
  #knows(responseId) {
    return [...this.#tracks.values()].some((track) => track.responseId === responseId);
  }

  #onState() {
    this.#tellFirstSounds();
    const stands = this.#context !== null && this.#context.state !== 'running';
    this.listener.blocked(stands && !this.#volume?.isHeld && this.activeAudio.size > 0);
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
    const track = this.#tracks.get(itemId) ?? { responseId, stretches: [], sources: 0, audible: null };
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
   * @param {string} itemId
   * @param {number} start of `samples`
   * @param {Float32Array} samples
   */
  #noteFirstSound(itemId, start, samples) {
    const track = this.#tracks.get(itemId);
    const at = track?.audible === null ? firstAudible(samples) : -1;
    if (track === undefined || at === -1) return;
    track.audible = (start + at) / SPEECH_RATE;
    this.#firstSounds.set(itemId, track.audible);
    this.#tellFirstSounds();
  }

  /** As long as the context stands still nobody knows when they come. */
  #tellFirstSounds() {
    const context = this.#context;
    if (context === null || context.state !== 'running') return;
    for (const [itemId, seconds] of this.#firstSounds) {
      this.listener.firstSound?.(itemId, audibleAt(context, seconds, performance.now()));
    }
    this.#firstSounds.clear();
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

function speechContext() {
  try {
    return new AudioContext({ sampleRate: SPEECH_RATE, latencyHint: 'interactive' });
  } catch {
    // A device that refuses the rate: the browser resamples each chunk, with faint seams.
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
