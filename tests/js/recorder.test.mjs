import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Recorder } from '../../static/vox/recorder.js';
import { FakeMicrophone, settle } from './fakes.mjs';

/** What the person answers when the browser asks for the microphone. */
let asked = [];
/** @type {any[]} */
let log = [];
/** @type {Recorder} */
let recorder;

beforeEach(() => {
  asked = [];
  log = [];
  recorder = new Recorder(
    {
      phase: (phase) => log.push(phase),
      opened: (rate) => log.push(rate),
      frame: (samples) => log.push(samples[0]),
      level() {},
      ended: ({ how }) => log.push(how),
      failed: (problem) => log.push(problem),
    },
    () => new Promise((allow, deny) => asked.push({ allow, deny })),
  );
});

async function allow(microphone = new FakeMicrophone()) {
  asked.at(-1).allow(microphone);
  await settle();
  return microphone;
}

test('a recording begins with the rate, and ends once', async () => {
  recorder.start();
  const microphone = await allow();
  assert.deepEqual(log, ['starting', 48_000, 'on']);
  recorder.finish();
  await settle();
  microphone.flushed();
  await settle();
  assert.deepEqual(log.slice(3), ['finishing', 'finished', 'off']);
  assert.equal(recorder.busy, false);
});

test('pressed while one is under way, no second one begins', async () => {
  recorder.start();
  recorder.start();
  await allow();
  recorder.start();
  assert.equal(asked.length, 1);
});

test('a second press while the browser asks calls it off, and the microphone is off', async () => {
  recorder.start();
  recorder.finish();
  assert.deepEqual(log, ['starting', 'off']);
  const microphone = await allow();
  assert.equal(microphone.released, 1);
  assert.deepEqual(log, ['starting', 'off']);
});

test('called off and begun again, only the second one records', async () => {
  recorder.start();
  recorder.discard();
  recorder.start();
  const second = await allow();
  asked[0].allow(new FakeMicrophone());
  await settle();
  second.hear(0.25);
  assert.deepEqual(log, ['starting', 'off', 'starting', 48_000, 'on', 0.25]);
});

test('no permission is told once, and the next press asks again', async () => {
  recorder.start();
  const problem = new Error('no');
  asked[0].deny(problem);
  await settle();
  assert.deepEqual(log, ['starting', 'off', problem]);
  recorder.start();
  await allow();
  assert.equal(log.at(-1), 'on');
});

test('frames of a discarded recording never reach the next one', async () => {
  recorder.start();
  const first = await allow();
  first.hear(0.5);
  recorder.discard();
  recorder.start();
  const second = await allow();
  first.hear(0.5);
  second.hear(0.25);
  assert.deepEqual(
    log.filter((entry) => typeof entry === 'number' && entry < 1),
    [0.5, 0.25],
  );
  assert.equal(first.released, 1);
});

test('a recording that cannot begin leaves the microphone off', async () => {
  recorder.start();
  const microphone = new FakeMicrophone();
  const problem = new Error('no worklet');
  microphone.start = () => {
    throw problem;
  };
  await allow(microphone);
  assert.equal(microphone.released, 1);
  assert.equal(recorder.busy, false);
  assert.equal(log.at(-1), problem);
});
