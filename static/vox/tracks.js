// @ts-check
// Which stretches of the clock are whose sound: from that follows how much of an item was heard.

/** @import {Heard} from './conversation/state.js' */

import { SPEECH_RATE } from './wire.js';

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
 */

export class Tracks {
  /** @type {Map<string, Track>} */
  #tracks = new Map();

  /**
   * @param {string} itemId
   * @returns {Track | undefined}
   */
  get(itemId) {
    return this.#tracks.get(itemId);
  }

  /**
   * Sound of an item is scheduled.
   * @param {string} itemId
   * @param {string} responseId
   * @param {Stretch} stretch
   * @returns {Track}
   */
  add(itemId, responseId, { start, length }) {
    const track = this.#tracks.get(itemId) ?? { responseId, stretches: [], sources: 0, audible: null };
    this.#tracks.set(itemId, track);
    const last = track.stretches.at(-1);
    if (last !== undefined && last.start + last.length === start) last.length += length;
    else track.stretches.push({ start, length });
    return track;
  }

  /** @param {string} responseId */
  knows(responseId) {
    return [...this.#tracks.values()].some((track) => track.responseId === responseId);
  }

  /**
   * Take out those with sound that is not over.
   * @returns {Map<string, Track>} by item
   */
  takeUnfinished() {
    const unfinished = new Map([...this.#tracks].filter(([, { sources }]) => sources > 0));
    for (const itemId of unfinished.keys()) this.#tracks.delete(itemId);
    return unfinished;
  }

  clear() {
    this.#tracks.clear();
  }
}

/**
 * @param {Track | undefined} track
 * @param {number} now sample of the context's clock that leaves the loudspeaker now
 * @returns {Heard}
 */
export function heardOf(track, now) {
  let heard = 0;
  let total = 0;
  for (const { start, length } of track?.stretches ?? []) {
    heard += Math.max(0, Math.min(length, now - start));
    total += length;
  }
  return {
    heardMs: Math.floor((heard * 1000) / SPEECH_RATE),
    totalMs: Math.floor((total * 1000) / SPEECH_RATE),
  };
}
