import assert from 'node:assert/strict';
import { test } from 'node:test';

import { microphoneProblem } from '../../static/vox/sentences.js';
import { bytes, progressWords, stateWords } from '../../static/vox/view/models.js';

const model = (over) => ({
  state: 'loading',
  name: '',
  device: '',
  precision: '',
  notice: '',
  error: null,
  progress: null,
  load_seconds: null,
  demo: false,
  ...over,
});
const loading = (done, total, unit = 'bytes') =>
  model({ progress: { stage: 'Downloading x', done, total, unit } });

test('what is measured is said, in units for people', () => {
  assert.equal(progressWords(loading(31_400_000, 1_250_000_000)), 'Downloading x (31.4 MB of 1.3 GB)');
  assert.equal(progressWords(loading(2, 5, 'stages')), 'Downloading x (2 of 5)');
});

test('what is not measured is words only', () => {
  assert.equal(progressWords(loading(null, null)), 'Downloading x');
  assert.equal(progressWords(loading(5_000, null)), 'Downloading x (5.0 kB)');
  assert.equal(progressWords(loading(2, null, 'stages')), 'Downloading x');
  assert.equal(stateWords(model({})), 'Loading');
});

test('where a ready model runs is said', () => {
  const ready = (device) => stateWords(model({ state: 'ready', device, load_seconds: 1.74 }));
  assert.equal(ready('cpu'), 'Ready on the processor, loaded in 1.7 s');
  assert.equal(ready('cuda'), 'Ready on the GPU (cuda), loaded in 1.7 s');
  const exact = model({ state: 'ready', device: 'cpu', precision: 'int8' });
  assert.equal(stateWords(exact), 'Ready on the processor in int8');
  assert.equal(ready('http://127.0.0.1:11434/v1'), 'Ready at http://127.0.0.1:11434/v1, loaded in 1.7 s');
});

test('bytes have three digits at most', () => {
  assert.deepEqual([0, 999, 1000, 99_900, 100_000, 8e9].map(bytes), [
    '0 bytes',
    '999 bytes',
    '1.0 kB',
    '99.9 kB',
    '100 kB',
    '8.0 GB',
  ]);
});

test('every trouble with the microphone has a sentence that says what to do', () => {
  const names = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'InsecureContext', 'AbortError'];
  const sentences = names.map((name) => microphoneProblem(Object.assign(new Error(), { name })));
  assert.equal(new Set(sentences).size, names.length);
  for (const sentence of sentences) assert.doesNotMatch(sentence, /Error/);
});
