import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromBase64, toBase64, toFloat32, toPcm16 } from '../../static/vox/pcm.js';

test('samples survive the way to the wire and back', () => {
  const samples = Float32Array.from({ length: 4800 }, (_, i) => Math.sin(i / 7) * 0.8);
  const back = toFloat32(fromBase64(toBase64(toPcm16(samples))));
  assert.equal(back.length, samples.length);
  for (let i = 0; i < samples.length; i++) assert.ok(Math.abs(back[i] - samples[i]) < 1 / 32767);
});

test('what is too loud is clipped, not wrapped around', () => {
  assert.deepEqual([...toPcm16(Float32Array.of(2, -2, 1, -1, 0))], [32767, -32767, 32767, -32767, 0]);
});

test('the loudest negative sample stays within range', () => {
  assert.deepEqual([...toFloat32(Int16Array.of(-32768, 32767))], [-1, 1]);
});

test('PCM is little endian, as the wire has it', () => {
  assert.equal(toBase64(Int16Array.of(1, -2)), Buffer.from([1, 0, 0xfe, 0xff]).toString('base64'));
});

test('five minutes of audio overflow no stack', () => {
  const pcm = new Int16Array(48_000 * 300).fill(-12345);
  const back = fromBase64(toBase64(pcm));
  assert.equal(back.length, pcm.length);
  assert.equal(back.at(-1), -12345);
});

test('a part of a larger buffer is sent alone', () => {
  const whole = Int16Array.of(1, 2, 3, 4);
  assert.deepEqual([...fromBase64(toBase64(whole.subarray(1, 3)))], [2, 3]);
});

test('an odd last byte is left out', () => {
  assert.deepEqual([...fromBase64(Buffer.from([1, 0, 7]).toString('base64'))], [1]);
});

test('what is not base64 is an error', () => {
  assert.throws(() => fromBase64('§§§'));
});
