// @ts-check
// Sound that is whole before it plays: a kept message once more, a voice to try. One at a time.

/** @import {Sounding} from './sounding.js' */

/**
 * @typedef {AudioBuffer | ArrayBuffer | Promise<ArrayBuffer>} ClipSound decoded, or a file's bytes (WAV,
 *   Opus, whatever the browser knows), or those bytes on their way
 *
 * @typedef {'ended' | 'stopped' | 'failed'} ClipEnd by itself; by `stop`, Stop All or another sound; because
 *   the bytes did not come or are no sound
 *
 * @typedef {object} ClipListener
 * @property {() => void} [onStarted] the first sound is scheduled
 * @property {(how: ClipEnd, problem?: unknown) => void} [onEnded] told once, however it ends
 *
 * @typedef {object} Clip
 * @property {() => void} stop silence it, now; or do not begin
 */

/**
 * @typedef {object} ClipOutput
 * @property {AudioContext} context
 * @property {AudioNode} node what clips are connected to
 */

/** Seconds between a clip's start and its first sample. */
const LEAD = 0.03;

export class Clips {
  /** @type {Clip | null} */
  #current = null;

  /**
   * @param {Sounding} sounding
   * @param {() => ClipOutput} output
   */
  constructor(sounding, output) {
    this.sounding = sounding;
    this.output = output;
  }

  /**
   * @param {ClipSound} sound
   * @param {ClipListener} listener
   * @returns {Clip}
   */
  play(sound, listener) {
    this.stop();
    /** @type {AudioBufferSourceNode | null} */
    let source = null;
    let over = false;
    /** @type {(how: ClipEnd, problem?: unknown) => void} */
    const end = (how, problem) => {
      if (over) return;
      over = true;
      if (source !== null) this.sounding.silence(source);
      if (this.#current === clip) this.#current = null;
      listener.onEnded?.(how, problem);
    };
    const clip = { stop: () => end('stopped') };
    this.#current = clip;
    const output = this.output();
    decoded(output.context, sound).then(
      (buffer) => {
        if (over) return;
        source = this.#start(output, buffer, () => end('ended'));
        listener.onStarted?.();
      },
      (problem) => end('failed', problem),
    );
    return clip;
  }

  stop() {
    this.#current?.stop();
  }

  /**
   * @param {ClipOutput} output
   * @param {AudioBuffer} buffer
   * @param {() => void} ended
   */
  #start({ context, node }, buffer, ended) {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(node);
    const start = context.currentTime + LEAD;
    this.sounding.start(source, { start, end: start + buffer.duration }, ended);
    return source;
  }
}

/**
 * @param {AudioContext} context
 * @param {ClipSound} sound
 * @returns {Promise<AudioBuffer>}
 */
async function decoded(context, sound) {
  const given = await sound;
  return given instanceof ArrayBuffer ? context.decodeAudioData(given) : given;
}
