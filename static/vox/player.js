// @ts-check
// The loudspeaker: chunks of sound, played back to back to the sample.
//
// The context runs at the rate of the sound, so that no chunk is resampled on its own (each would
// begin and end with a small click). Every source that plays or is scheduled is in `activeAudio`;
// a stop empties it in the same tick and waits for nobody.

/** @import {Clip, ClipListener, ClipSound} from './clips.js' */
/** @import {Heard} from './conversation/state.js' */
/** @import {Track} from './tracks.js' */

import { Clips } from './clips.js';
import { audibleAt, firstAudible, outputLatency } from './latency.js';
import { Sounding } from './sounding.js';
import { heardOf, Tracks } from './tracks.js';
import { Volume } from './volume.js';
import { SPEECH_RATE } from './wire.js';

/** Seconds between a chunk's arrival and its sound when nothing is playing. */
const LEAD = 0.03;

/**
 * @typedef {object} PlayerListener
 * @property {(itemId: string) => void} started its sound begins, or goes on after a gap
 * @property {(itemId: string) => void} ended all of its sound so far has been played
 * @property {(itemId: string, at: number) => void} [firstSound] when, by performance.now(), its first
 *   audible sample leaves the loudspeaker; told once, a moment before or after
 * @property {(blocked: boolean) => void} blocked the browser holds the sound back
 * @property {() => void} [clip] something that is no reply is about to sound
 * @property {() => void} [lostSink] the chosen loudspeaker cannot be used
 */

export class Player {
  #sounding = new Sounding();
  #clips = new Clips(this.#sounding, () => this.#clipOutput());
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {AnalyserNode | null} */
  #output = null;
  /** @type {Volume | null} */
  #volume = null;
  /** The loudspeaker's device id; '' for the browser's default. */
  #sink = '';
  #tracks = new Tracks();
  /** @type {Set<string>} */
  #stopped = new Set();
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

  /**
   * Every source that plays or is scheduled, of replies and of clips.
   * @returns {Set<AudioBufferSourceNode>}
   */
  get activeAudio() {
    return this.#sounding.active;
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
    if (!this.#tracks.knows(responseId)) this.#volume?.full();
    this.prune();
    const buffer = context.createBuffer(1, samples.length, SPEECH_RATE);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(/** @type {Volume} */ (this.#volume).node);
    const start = Math.max(this.#next, this.#now() + Math.round(LEAD * SPEECH_RATE));
    this.#next = start + samples.length;
    this.#start(source, responseId, itemId, start, samples.length);
    this.#noteFirstSound(itemId, start, samples);
    if (context.state !== 'running') {
      this.resume();
      this.#onState();
    }
  }

  /**
   * Play something that is no reply; call this inside a press. It falls silent with everything else, and
   * when another one begins.
   * @param {ClipSound} sound
   * @param {ClipListener} [listener]
   * @returns {Clip}
   */
  playClip(sound, listener = {}) {
    this.unlock();
    this.listener.clip?.();
    return this.#clips.play(sound, listener);
  }

  /**
   * Silence every source, now; what still arrives of these responses is dropped.
   * @returns {Map<string, Heard>} by item: what was cut off. Items played to their end are left out.
   */
  stopAll() {
    this.#clips.stop();
    this.#sounding.silenceAll();
    this.#volume?.full();
    this.#firstSounds.clear();
    this.#next = 0;
    const cut = this.#tracks.takeUnfinished();
    for (const { responseId } of cut.values()) this.#stopped.add(responseId);
    return new Map([...cut].map(([itemId, track]) => [itemId, heardOf(track, this.#audibleNow())]));
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
    return heardOf(this.#tracks.get(itemId), this.#audibleNow());
  }

  /** Let go of sources whose time is over and whose 'ended' never came. */
  prune() {
    this.#sounding.prune(this.#context?.currentTime ?? 0);
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

  #clipOutput() {
    const context = this.#ready();
    // What was softer, or held, was a reply.
    this.#volume?.full();
    return { context, node: /** @type {Volume} */ (this.#volume).node };
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

  /** The sample that leaves the loudspeaker now. */
  #audibleNow() {
    return this.#now() - Math.round(outputLatency(this.#context) * SPEECH_RATE);
  }

  /**
   * @param {AudioBufferSourceNode} source
   * @param {string} responseId
   * @param {string} itemId
   * @param {number} start
   * @param {number} length
   */
  #start(source, responseId, itemId, start, length) {
    const track = this.#tracks.add(itemId, responseId, { start, length });
    const when = { start: start / SPEECH_RATE, end: (start + length) / SPEECH_RATE };
    this.#sounding.start(source, when, () => this.#ended(itemId, track));
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
   * @param {string} itemId
   * @param {Track} track
   */
  #ended(itemId, track) {
    if (--track.sources === 0) this.listener.ended(itemId);
  }
}

function speechContext() {
  try {
    return new AudioContext({ sampleRate: SPEECH_RATE, latencyHint: 'interactive' });
  } catch {
    // A device that refuses the rate: the browser resamples each chunk, with faint seams.
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
