import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ceiling, chartWords, path } from '../../static/vox/view/memory-chart.js';
import {
  choiceWords,
  paceWords,
  questionWords,
  timeWords,
  trialWords,
  useWords,
} from '../../static/vox/view/models.js';

const model = (over) => ({
  state: 'ready',
  name: 'x',
  device: 'cpu',
  precision: '',
  notice: '',
  error: null,
  progress: null,
  load_seconds: null,
  demo: false,
  switching: false,
  goes_when_free: false,
  in_use: [],
  idle_seconds: null,
  ...over,
});

test('when a model was last used is said, and what it waits for', () => {
  assert.equal(useWords(model({ idle_seconds: 2 })), 'Used just now.');
  assert.equal(useWords(model({ idle_seconds: 42.4 })), 'Not used for 42 s.');
  assert.equal(useWords(model({ idle_seconds: 7200 })), 'Not used for 2.0 h.');
  assert.equal(useWords(model({ in_use: ['an answer'] })), 'In use now.');
  assert.match(useWords(model({ in_use: ['an answer'], goes_when_free: true })), /as soon as nobody uses it/);
  assert.equal(useWords(model({ state: 'unloaded' })), '');
});

test('how fast a download is and how long it takes are said where they are known', () => {
  const at = (bytes_per_second, seconds_left) => paceWords({ progress: { bytes_per_second, seconds_left } });
  assert.equal(at(3_200_000, 130), '3.2 MB a second, about 2 min left');
  assert.equal(at(3_200_000, null), '3.2 MB a second');
  assert.equal(at(0, null), '');
  assert.equal(paceWords(model({ progress: { stage: 'Loading', done: 1, total: 2, unit: 'stages' } })), '');
  assert.equal(paceWords(model({})), '');
});

test('a model to choose says how large it is and whether it is here', () => {
  const choice = { value: 'small', name: 'Whisper small', about: '', megabytes: 486, on_disk: false };
  assert.equal(choiceWords(choice), 'Whisper small (486 MB to download)');
  assert.equal(choiceWords({ ...choice, on_disk: true }), 'Whisper small (486 MB, here)');
  assert.equal(choiceWords({ ...choice, downloadable: false }), 'Whisper small (not here)');
  assert.equal(choiceWords({ value: 'auto', name: 'Automatic', about: 'x' }), 'Automatic');
  assert.equal(choiceWords({ value: 'piper', name: 'Piper', about: '', on_disk: false }), 'Piper (not here)');
});

test('a test of the connection ends in a sentence, good or bad', () => {
  const trial = { ok: true, reachable: true, url: '', models: ['gemma'], model: 'gemma', first_token_ms: 240, problem: '' };
  assert.equal(trialWords(trial), 'It works. It has 1 model. gemma began to answer after 0.2 s.');
  assert.equal(trialWords({ ...trial, models: [], first_token_ms: null }), 'It works.');
  assert.equal(trialWords({ ...trial, ok: false, problem: 'Start it.' }), 'Start it.');
});

test('who would be disturbed is said once', () => {
  assert.match(questionWords(['an answer', 'an answer', 'a preview']), /in use for an answer and a preview\./);
  assert.match(questionWords([]), /in use for something\./);
});

test('times are said in what people count in', () => {
  assert.deepEqual([0, 59, 60, 600, 5400, 40_000].map(timeWords), ['1 s', '59 s', '1 min', '10 min', '1.5 h', '11 h']);
});

test('the memory is drawn to the right edge, and a gap in it stays one', () => {
  assert.deepEqual(path([0, 50, 100], 100, 5), {
    line: 'M160.0 72.0L240.0 36.0L320.0 0.0',
    area: 'M160.0 72.0L240.0 36.0L320.0 0.0L320 72L160.0 72Z',
  });
  assert.deepEqual(path([null, null], 100, 5), { line: '', area: '' });
  assert.equal(path([null, 50], 100, 5).line, 'M320.0 36.0');
});

test('the top of the picture is a round number above everything in it', () => {
  assert.deepEqual([1e9, 1.44e9, 2.2e9, 9.9e9, 0].map((value) => ceiling([value])), [1.5e9, 2e9, 3e9, 15e9, 1.5]);
});

test('the picture has words for who does not see it', () => {
  const history = { interval_seconds: 3, kept_seconds: 600, process_bytes: [1e9, 2e9, 1.5e9], gpu_bytes: [null, null, null] };
  assert.equal(chartWords(history), 'Main memory over the last 6 s: from 1.0 GB to 2.0 GB, now 1.5 GB.');
  const onGpu = { ...history, gpu_bytes: [null, 4e9, 4e9] };
  assert.match(chartWords(onGpu), /On the GPU: 4\.0 GB\./);
});
