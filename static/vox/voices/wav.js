// @ts-check
// Samples as a WAV file: 16-bit PCM, mono.

import { toPcm16 } from '../pcm.js';

const HEADER_BYTES = 44;

/**
 * @param {Float32Array} samples in [-1, 1]
 * @param {number} rate Hz
 */
export function toWav(samples, rate) {
  const pcm = toPcm16(samples);
  return new Blob([header(pcm.byteLength, rate), pcm], { type: 'audio/wav' });
}

/**
 * @param {number} bytes of sound
 * @param {number} rate
 */
function header(bytes, rate) {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  write(view, 0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  write(view, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // bytes of the format that follows
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a moment
  view.setUint16(34, 16, true); // bits a sample
  write(view, 36, 'data');
  view.setUint32(40, bytes, true);
  return view.buffer;
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {string} letters
 */
function write(view, at, letters) {
  [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
}
