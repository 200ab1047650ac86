// @ts-check
// The ring around the Talk button, where it moves with sound. The shapes that stand or turn by
// themselves are in the stylesheet, one for each phase.

/** @import {Phase} from '../conversation/status.js' */

/** Moments of level that stand around the ring while recording: 40 ms each. */
const MOMENTS = 60;

/** Radius of the ring, in the drawing's units; the button's is 40. */
const RADIUS = 46;

/** Milliseconds between changes of the meter that stands in for motion. */
const CALM = 300;

/** Points of the wave's outline. */
const POINTS = 96;

export class Ring {
  #levels = new Float32Array(MOMENTS);
  #at = 0;
  #loudness = 0;
  #turn = 0;
  #metered = 0;
  /** @type {Phase} */
  #phase = 'loading';
  #still = matchMedia('(prefers-reduced-motion: reduce)');

  /**
   * @param {HTMLElement} dock
   * @param {SVGPathElement} wave
   * @param {HTMLElement} meter
   */
  constructor(dock, wave, meter) {
    this.dock = dock;
    this.wave = wave;
    this.meter = meter;
  }

  /** @param {Phase} phase */
  set phase(phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#levels.fill(0);
    this.#loudness = 0;
    this.dock.style.setProperty('--level', '0');
    this.wave.setAttribute('d', phase === 'speaking' ? outline(0.35, 0) : '');
    this.#meter(0);
  }

  /**
   * What the microphone hears, every 40 ms.
   * @param {number} rms 0 to 1
   */
  heard(rms) {
    const phase = this.#phase;
    if (phase !== 'listening' && phase !== 'hearing' && phase !== 'waiting') return;
    const level = loudness(rms);
    this.#levels[this.#at] = level;
    this.#at = (this.#at + 1) % MOMENTS;
    if (this.#still.matches) {
      const now = performance.now();
      if (now - this.#metered < CALM) return;
      this.#metered = now;
      this.#meter(level);
      return;
    }
    this.#loudness += (level - this.#loudness) * 0.5;
    this.dock.style.setProperty('--level', this.#loudness.toFixed(3));
    // While nobody speaks the ring breathes, and only the button's rim shows the level.
    if (phase === 'listening') this.wave.setAttribute('d', rays(this.#levels, this.#at));
    if (phase === 'hearing') this.wave.setAttribute('d', petals(this.#levels, this.#at));
  }

  /**
   * What the voice says, every animation frame.
   * @param {number} rms 0 to 1
   */
  spoken(rms) {
    if (this.#phase !== 'speaking' || this.#still.matches) return;
    this.#loudness += (loudness(rms) - this.#loudness) * 0.18;
    this.#turn += 0.008;
    this.wave.setAttribute('d', outline(0.15 + 0.85 * this.#loudness, this.#turn));
  }

  /** @param {number} level */
  #meter(level) {
    const lit = Math.ceil(level * this.meter.children.length - 0.2);
    [...this.meter.children].forEach((bar, i) => bar.classList.toggle('lit', i < lit));
  }
}

/**
 * How loud it seems: -55 dB is nothing, -10 dB is full.
 * @param {number} rms
 */
export function loudness(rms) {
  return rms <= 0 ? 0 : Math.max(0, Math.min(1, (20 * Math.log10(rms) + 55) / 45));
}

/**
 * The last moments as rays, the newest at the top, older ones clockwise from it.
 * @param {Float32Array} levels
 * @param {number} at where the next one goes
 */
function rays(levels, at) {
  let path = '';
  for (let age = 0; age < MOMENTS; age++) {
    const level = levels[(at - 1 - age + 2 * MOMENTS) % MOMENTS];
    const angle = (age / MOMENTS) * 2 * Math.PI;
    path += `M${point(angle, RADIUS)}L${point(angle, RADIUS + 0.5 + 11 * level)}`;
  }
  return path;
}

/**
 * The last moments as one closed line that opens upward and is the same on both sides: the newest at
 * the top, the oldest at the bottom.
 * @param {Float32Array} levels
 * @param {number} at where the next one goes
 */
function petals(levels, at) {
  let path = '';
  for (let i = 0; i < MOMENTS; i++) {
    const newest = at - 1 - Math.min(i, MOMENTS - i) + 2 * MOMENTS;
    // Rounded: each point is the mean of three moments.
    const level = [0, 1, 2].reduce((sum, back) => sum + levels[(newest - back) % MOMENTS] / 3, 0);
    const angle = (i / MOMENTS) * 2 * Math.PI;
    path += `${i === 0 ? 'M' : 'L'}${point(angle, RADIUS + 1 + 10 * level)}`;
  }
  return `${path}Z`;
}

/**
 * A closed wave around the button.
 * @param {number} height 0 to 1
 * @param {number} turn radians
 */
function outline(height, turn) {
  let path = '';
  for (let i = 0; i < POINTS; i++) {
    const angle = (i / POINTS) * 2 * Math.PI;
    const radius = RADIUS + 4 + 5 * height * Math.sin(8 * (angle + turn));
    path += `${i === 0 ? 'M' : 'L'}${point(angle, radius)}`;
  }
  return `${path}Z`;
}

/**
 * @param {number} angle from the top, clockwise
 * @param {number} radius
 */
function point(angle, radius) {
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
}
