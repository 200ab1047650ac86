import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Recording } from '../../static/vox/recording.js';
import { settle } from './fakes.mjs';

/** The microphone, as far as a recording sees it. */
class FakeInput {
  users = new Set();
  flushes = 0;
  flushed = () => {};

  async take(user) {
    this.users.add(user);
  }

  drop(user) {
    this.users.delete(user);
  }

  flush() {
    this.flushes++;
    return new Promise((resolve) => {
      this.flushed = resolve;
    });
  }
}

/** @type {FakeInput} */
let input;
/** @type {Recording} */
let recording;
/** @type {any[]} */
let ends = [];
/** @type {string[]} */
let phases = [];

beforeEach(async () => {
  ends = [];
  phases = [];
  input = new FakeInput();
  recording = new Recording(/** @type {any} */ (input), {
    phase: (phase) => phases.push(phase),
    ended: (end) => ends.push(end),
    failed: () => assert.fail(),
  });
  await recording.start();
});

/** A frame of 40 ms is sent, if it still wants one. */
function hear() {
  if (recording.wantsFrames) recording.sent(0.04);
}

async function finished() {
  await settle();
  input.flushed();
  await settle();
}

test('the button ends it, with the last frame still in it', async () => {
  hear();
  recording.finish();
  hear();
  await finished();
  assert.deepEqual(ends, [{ how: 'finished', lost: false, seconds: 0.08 }]);
  assert.equal(input.users.size, 0);
  assert.deepEqual(phases, ['starting', 'on', 'finishing', 'off']);
});

test('stopped twice, it is processed once', async () => {
  recording.finish();
  recording.finish();
  await finished();
  recording.finish();
  await finished();
  assert.equal(ends.length, 1);
  assert.equal(input.flushes, 1);
  assert.ok(recording.onstopProcessed);
});

test('a lost microphone ends it like the button, once', async () => {
  hear();
  recording.lost();
  recording.lost();
  recording.finish();
  await finished();
  assert.deepEqual(ends, [{ how: 'finished', lost: true, seconds: 0.04 }]);
});

test('discarded, it wants nothing any more', async () => {
  hear();
  recording.discard();
  hear();
  recording.finish();
  await finished();
  assert.deepEqual(ends, [{ how: 'discarded', lost: false, seconds: 0.04 }]);
  assert.equal(input.users.size, 0);
});

test('Stop All while it is finishing throws it away', async () => {
  hear();
  recording.finish();
  recording.discard();
  hear();
  await finished();
  assert.deepEqual(ends, [{ how: 'discarded', lost: false, seconds: 0.04 }]);
});

test('a microphone that goes away after the button is not reported as lost', async () => {
  hear();
  recording.finish();
  recording.lost();
  await finished();
  assert.equal(ends[0].lost, false);
});

test('an audio thread that never answers does not hold it up', async () => {
  hear();
  await recording.finish();
  assert.deepEqual(
    ends.map(({ how }) => how),
    ['finished'],
  );
  assert.equal(input.users.size, 0);
});

test('it lets the microphone go even when its end cannot be told', () => {
  recording.listener.ended = () => {
    throw new Error('no');
  };
  assert.throws(() => recording.discard());
  assert.equal(input.users.size, 0);
  assert.equal(phases.at(-1), 'off');
});
