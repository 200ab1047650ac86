// @ts-check
// Samples as the wire carries them: 16-bit mono PCM, little endian, in base64. Every platform that
// runs a browser is little endian, so typed arrays can be used as they are.

/**
 * @param {Float32Array} samples in [-1, 1]; what lies outside is clipped
 * @returns {Int16Array<ArrayBuffer>}
 */
export function toPcm16(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const clipped = Math.max(-1, Math.min(1, samples[i]));
    pcm[i] = Math.round(clipped * 32767);
  }
  return pcm;
}

/**
 * @param {Int16Array} pcm
 * @returns {Float32Array<ArrayBuffer>} in [-1, 1]
 */
export function toFloat32(pcm) {
  const samples = new Float32Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) samples[i] = Math.max(-1, pcm[i] / 32767);
  return samples;
}

/** Arguments that one call of String.fromCharCode safely takes in every engine. */
const CALL = 0x8000;

/**
 * @param {Int16Array} pcm
 * @returns {string}
 */
export function toBase64(pcm) {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  if (bytes.toBase64) return bytes.toBase64();
  let binary = '';
  for (let i = 0; i < bytes.length; i += CALL) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CALL));
  }
  return btoa(binary);
}

/**
 * @param {string} text base64
 * @returns {Int16Array<ArrayBuffer>} a last odd byte is left out
 * @throws when it is not base64
 */
export function fromBase64(text) {
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : decode(text);
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decode(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
