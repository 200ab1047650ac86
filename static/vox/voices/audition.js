// @ts-check
// What is listened to in the sheet: previews and recordings, one at a time, through the page's player,
// so that Stop All, and whatever else stops the page's sound, stops these too.

/** @import {Player} from '../player.js' */

/**
 * @typedef {object} Heard
 * @property {string} key what it is
 * @property {'coming' | 'playing'} phase
 */

export class Audition {
  /** @type {Heard | null} */
  now = null;
  /** @type {() => void} */
  #stop = () => {};

  /**
   * @param {Pick<Player, 'playClip'>} player
   * @param {() => void} changed
   */
  constructor(player, changed) {
    this.player = player;
    this.changed = changed;
  }

  /**
   * Play it, or stop it when it is what sounds. Call this inside a press.
   * @param {string} key
   * @param {(signal: AbortSignal) => Promise<ArrayBuffer>} fetch a sound file
   * @returns {Promise<boolean>} once it is over: whether it has been heard at all
   * @throws what `fetch` throws, and what decoding its file does
   */
  toggle(key, fetch) {
    const was = this.now?.key;
    this.stop();
    if (was === key) return Promise.resolve(false);
    const unwanted = new AbortController();
    return new Promise((resolve, reject) => {
      let started = false;
      this.#become({ key, phase: 'coming' });
      const clip = this.player.playClip(fetch(unwanted.signal), {
        onStarted: () => {
          started = true;
          this.#become({ key, phase: 'playing' });
        },
        onEnded: (how, problem) => {
          unwanted.abort();
          this.#stop = () => {};
          this.#become(null);
          if (how === 'failed') reject(problem);
          else resolve(started);
        },
      });
      this.#stop = () => clip.stop();
    });
  }

  /** Silence; what is still to come does not come. Harmless when nothing sounds. */
  stop() {
    this.#stop();
  }

  /** @param {Heard | null} now */
  #become(now) {
    this.now = now;
    this.changed();
  }
}
