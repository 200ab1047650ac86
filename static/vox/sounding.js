// @ts-check
// The sources that play or are scheduled: each is here from its start to its end, whoever ends it.

/** Seconds after its end in which a source may still tell that it has ended. */
const GRACE = 0.5;

export class Sounding {
  /** @type {Set<AudioBufferSourceNode>} */
  active = new Set();
  /** @type {WeakMap<AudioBufferSourceNode, {end: number, ended: () => void}>} */
  #ends = new WeakMap();

  /**
   * Start a source that is connected.
   * @param {AudioBufferSourceNode} source
   * @param {{start: number, end: number}} when seconds of its context's clock
   * @param {() => void} ended it has ended by itself
   */
  start(source, { start, end }, ended) {
    source.start(start);
    this.active.add(source);
    const over = () => {
      if (!this.active.has(source)) return;
      this.silence(source);
      ended();
    };
    this.#ends.set(source, { end, ended: over });
    source.onended = over;
  }

  /** @param {AudioBufferSourceNode} source */
  silence(source) {
    this.active.delete(source);
    source.onended = null;
    try {
      source.stop();
    } catch {
      // It has ended by itself.
    }
    source.disconnect();
  }

  silenceAll() {
    for (const source of this.active) this.silence(source);
  }

  /**
   * Let go of sources whose time is over and whose 'ended' never came.
   * @param {number} now seconds of the context's clock
   */
  prune(now) {
    for (const source of this.active) {
      const known = this.#ends.get(source);
      if (known !== undefined && known.end < now - GRACE) known.ended();
    }
  }
}
