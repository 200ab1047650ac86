// @ts-check
// The memory of the last minutes as a line, one for the process and one for the GPU where there is one.

/** @import {History} from '../models-api.js' */

import { element, setText } from './dom.js';
import { bytes, timeWords } from './models.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 320;
const HEIGHT = 72;

export class MemoryChart {
  #place;
  #picture = document.createElementNS(SVG, 'svg');
  #process = line('memory-line');
  #area = line('memory-area');
  #gpu = line('memory-line memory-gpu');
  #most = element('span', 'memory-most');
  #since = element('span', '');
  #key = element(
    'p',
    'memory-key',
    element('span', 'memory-swatch'),
    'main memory',
    element('span', 'memory-swatch memory-gpu'),
    'GPU',
  );

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
    this.#picture.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.#picture.setAttribute('preserveAspectRatio', 'none');
    this.#picture.setAttribute('role', 'img');
    this.#picture.append(this.#area, this.#process, this.#gpu);
    const axis = element('p', 'memory-axis', this.#since, element('span', '', 'now'));
    place.append(this.#most, this.#picture, axis, this.#key);
  }

  /** @param {History | null} history */
  render(history) {
    this.#place.hidden = history === null || history.process_bytes.length < 2;
    if (history === null || this.#place.hidden) return;
    const hasGpu = history.gpu_bytes.some((value) => value !== null);
    const most = ceiling([...history.process_bytes, ...history.gpu_bytes.map((value) => value ?? 0)]);
    const points = history.kept_seconds / history.interval_seconds;
    const process = path(history.process_bytes, most, points);
    this.#process.setAttribute('d', process.line);
    this.#area.setAttribute('d', process.area);
    this.#gpu.setAttribute('d', hasGpu ? path(history.gpu_bytes, most, points).line : '');
    this.#key.hidden = !hasGpu;
    setText(this.#most, bytes(most));
    setText(this.#since, `${timeWords(history.kept_seconds)} ago`);
    this.#picture.setAttribute('aria-label', chartWords(history));
  }
}

/**
 * What the picture shows, for who does not see it.
 * @param {History} history
 */
export function chartWords({ process_bytes: process, gpu_bytes: gpu, interval_seconds: interval }) {
  const time = timeWords((process.length - 1) * interval);
  const onGpu = gpu.filter((value) => value !== null);
  const said = [`Main memory over the last ${time}: ${rangeWords(process)}.`];
  if (onGpu.length > 0) said.push(`On the GPU: ${rangeWords(onGpu)}.`);
  return said.join(' ');
}

/** @param {number[]} values */
function rangeWords(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const now = bytes(values.at(-1) ?? 0);
  return bytes(least) === bytes(most) ? now : `from ${bytes(least)} to ${bytes(most)}, now ${now}`;
}

/**
 * The top of the picture: a round number above every value.
 * @param {number[]} values
 */
export function ceiling(values) {
  const most = Math.max(...values, 1);
  const unit = 10 ** Math.floor(Math.log10(most));
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15].map((step) => step * unit);
  return steps.find((step) => step >= most * 1.05) ?? 15 * unit;
}

/**
 * A line that ends at the right, and the area under it.
 * @param {(number | null)[]} values
 * @param {number} most
 * @param {number} points that the whole width has
 */
export function path(values, most, points) {
  const step = WIDTH / (points - 1);
  const places = values.flatMap((value, index) => {
    if (value === null) return [];
    const x = WIDTH - (values.length - 1 - index) * step;
    return [`${x.toFixed(1)} ${(HEIGHT - (value / most) * HEIGHT).toFixed(1)}`];
  });
  if (places.length === 0) return { line: '', area: '' };
  const start = places[0].split(' ')[0];
  const drawn = `M${places.join('L')}`;
  return { line: drawn, area: `${drawn}L${WIDTH} ${HEIGHT}L${start} ${HEIGHT}Z` };
}

/** @param {string} className */
function line(className) {
  const made = document.createElementNS(SVG, 'path');
  made.setAttribute('class', className);
  return made;
}
