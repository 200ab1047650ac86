// @ts-check
// A recording as a picture: bars from the middle line, as high as it is loud.

const SVG = 'http://www.w3.org/2000/svg';

/** Moments of a picture that is made here; the server's pictures have as many. */
const MOMENTS = 120;

/** Height of the drawing, in its own units; a moment is one wide. */
const HEIGHT = 32;

/** The part of a second's silence that is still drawn: a line, not nothing. */
const LEAST = 0.03;

/**
 * The peak of each of `moments` equal parts, the loudest being 1.
 * @param {Float32Array} samples
 * @param {number} [moments]
 * @returns {number[]}
 */
export function peaks(samples, moments = MOMENTS) {
  const found = Array.from({ length: moments }, (_, i) => {
    const end = Math.floor(((i + 1) * samples.length) / moments);
    let peak = 0;
    for (let at = Math.floor((i * samples.length) / moments); at < end; at++) {
      peak = Math.max(peak, Math.abs(samples[at]));
    }
    return peak;
  });
  const loudest = Math.max(...found);
  return loudest > 0 ? found.map((peak) => peak / loudest) : found;
}

/**
 * The outline of a picture, as an SVG path.
 * @param {readonly number[]} waveform 0 to 1
 */
export function bars(waveform) {
  return waveform
    .map((peak, i) => {
      const half = (Math.max(LEAST, peak) * HEIGHT) / 2;
      return `M${i + 0.5} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`;
    })
    .join('');
}

/**
 * The picture. It says nothing that is not said in words beside it.
 * @param {readonly number[]} waveform
 */
export function picture(waveform) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'waveform');
  svg.setAttribute('viewBox', `0 0 ${waveform.length} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', bars(waveform));
  svg.append(path);
  return svg;
}
