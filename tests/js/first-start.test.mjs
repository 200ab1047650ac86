import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { INITIAL, newMessage } from '../../static/vox/conversation/state.js';
import { FirstStart, KEY } from '../../static/vox/first-start.js';
import { title } from '../../static/vox/view/title.js';
import { aModel } from './fakes.mjs';

const READY = { stt: aModel(), llm: aModel(), tts: aModel() };
const LOADING = { ...READY, llm: { ...aModel(), state: 'loading' } };
const HELLO = newMessage({ id: '1', role: 'user', text: 'Hello' });

/** @type {Map<string, string>} */
let kept;
const storage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
};

function begin() {
  return new FirstStart(
    () => storage,
    () => {},
  );
}

function knowing(models, more = {}) {
  return { ...INITIAL, connection: 'open', models, ...more };
}

beforeEach(() => {
  kept = new Map();
});

test('who may be heard, and whose models are ready, is not bothered', () => {
  const steps = begin();
  steps.permitted('granted');
  steps.follow(knowing(READY));
  steps.follow(knowing(LOADING));
  assert.equal(steps.isShown, false);
});

test('nothing is shown before it is known whether it is needed', () => {
  const steps = begin();
  steps.follow(knowing(null));
  assert.equal(steps.isShown, false);
  steps.permitted('granted');
  assert.equal(steps.isShown, false);
  steps.follow(knowing(LOADING));
  assert.equal(steps.isShown, true);
  assert.deepEqual(steps.progress, { microphone: 'done', models: 'now', hello: 'later' });
});

test('the steps follow what happens, in any order', () => {
  const steps = begin();
  steps.permitted('prompt');
  assert.deepEqual(steps.progress, { microphone: 'now', models: 'later', hello: 'later' });
  steps.follow(knowing(READY));
  assert.deepEqual(steps.progress, { microphone: 'now', models: 'done', hello: 'later' });
  steps.microphoneDone();
  assert.deepEqual(steps.progress, { microphone: 'done', models: 'done', hello: 'now' });
  steps.follow(knowing(LOADING));
  assert.deepEqual(steps.progress, { microphone: 'done', models: 'now', hello: 'later' });
});

test('who simply presses Talk has shown that the microphone works', () => {
  const steps = begin();
  steps.permitted('prompt');
  steps.follow(knowing(READY, { recording: 'starting' }));
  assert.equal(steps.progress.microphone, 'now');
  steps.follow(knowing(READY, { recording: 'on' }));
  assert.equal(steps.progress.microphone, 'done');
});

test('the first message ends them, here and on every later visit', () => {
  const steps = begin();
  steps.permitted('prompt');
  steps.follow(knowing(LOADING, { messages: [HELLO] }));
  assert.equal(steps.isShown, false);
  assert.ok(kept.has(KEY));
  const later = begin();
  later.permitted('denied');
  later.follow(knowing(LOADING));
  assert.equal(later.isShown, false);
});

test('where storage is forbidden they can be left all the same', () => {
  const steps = new FirstStart(
    () => {
      throw new DOMException('', 'SecurityError');
    },
    () => {},
  );
  steps.permitted('prompt');
  assert.equal(steps.isShown, true);
  steps.leave();
  steps.follow(knowing(LOADING));
  assert.equal(steps.isShown, false);
});

test('the title says what another tab wants to know', () => {
  assert.equal(title(knowing(READY)), 'VOX');
  assert.equal(title(knowing(READY), 'Birds'), 'Birds · VOX');
  assert.equal(title(knowing(READY, { recording: 'on' }), 'Birds'), 'Listening · Birds · VOX');
  assert.equal(title(knowing(READY, { handsFree: 'on' })), 'Listening · VOX');
  assert.equal(title(knowing(READY, { handsFree: 'on', muted: true })), 'Muted · VOX');
});
