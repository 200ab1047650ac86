import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Recording } from '../../static/vox/recording.js';
import { FakeMicrophone, settle } from './fakes.mjs';

/** @type {FakeMicrophone} */
let microphone;
/** @type {Recording} */
let recording;
let frames = 0;
/** @type {any[]} */
let ends = [];

beforeEach(() => {
  frames = 0;
  ends = [];
  microphone = new FakeMicrophone();
  recording = new Recording(microphone, {
    frame: () => frames++,
    level() {},
    finishing() {},
    ended: (end) => ends.push(end),
  });
  recording.start();
});

async function finished() {
  await settle();
  microphone.flushed();
  await settle();
}

test('the button ends it, with the last frame still in it', async () => {
  microphone.hear();
  recording.finish();
  microphone.hear();
  await finished();
  assert.equal(frames, 2);
  assert.deepEqual(ends, [{ how: 'finished', lost: false, seconds: 0.08 }]);
  assert.equal(microphone.released, 1);
});

test('stopped twice, it is processed once', async () => {
  recording.finish();
  recording.finish();
  await finished();
  recording.finish();
  await finished();
  assert.equal(ends.length, 1);
  assert.equal(microphone.flushes, 1);
  assert.ok(recording.onstopProcessed);
});

test('a lost microphone ends it like the button, once', async () => {
  microphone.hear();
  microphone.lost();
  microphone.lost();
  recording.finish();
  await finished();
  assert.deepEqual(ends, [{ how: 'finished', lost: true, seconds: 0.04 }]);
});

test('discarded, it hands on nothing any more', async () => {
  microphone.hear();
  recording.discard();
  microphone.hear();
  microphone.hear();
  recording.finish();
  await finished();
  assert.equal(frames, 1);
  assert.deepEqual(
    ends.map(({ how }) => how),
    ['discarded'],
  );
  assert.equal(microphone.released, 1);
});

test('Stop All while it is finishing throws it away', async () => {
  microphone.hear();
  recording.finish();
  recording.discard();
  microphone.hear();
  await finished();
  assert.equal(frames, 1);
  assert.deepEqual(
    ends.map(({ how }) => how),
    ['discarded'],
  );
});

test('a microphone that goes away after the button is not reported as lost', async () => {
  microphone.hear();
  recording.finish();
  microphone.lost();
  await finished();
  assert.equal(ends[0].lost, false);
});

test('an audio thread that never answers does not hold it up', async () => {
  microphone.hear();
  await recording.finish();
  assert.deepEqual(
    ends.map(({ how }) => how),
    ['finished'],
  );
  assert.equal(microphone.released, 1);
});
