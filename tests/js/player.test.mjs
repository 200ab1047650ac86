import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Player } from '../../static/vox/player.js';
import { FakeAudioContext } from './fakes.mjs';

const RATE = 24_000;

/** @type {FakeAudioContext} */
let context;
/** @type {Player} */
let player;
/** @type {string[]} */
let log = [];

beforeEach(() => {
  log = [];
  context = new FakeAudioContext();
  player = new Player(
    {
      started: (item) => log.push(`started ${item}`),
      ended: (item) => log.push(`ended ${item}`),
      blocked: (blocked) => log.push(blocked ? 'blocked' : 'free'),
    },
    () => /** @type {any} */ (context),
  );
});

function play(ms, response = 'r1', item = 'i1') {
  player.play(response, item, new Float32Array((ms * RATE) / 1000));
}

test('chunks follow each other to the sample', () => {
  context.currentTime = 0.1234567;
  play(100);
  context.currentTime = 0.15;
  play(37);
  play(200);
  const samples = context.sources.map((source) => Math.round(source.start_ * RATE));
  assert.equal(samples[1] - samples[0], 2400);
  assert.equal(samples[2] - samples[1], 888);
  for (const source of context.sources) {
    const sample = source.start_ * RATE;
    assert.ok(Math.abs(sample - Math.round(sample)) < 1e-6);
  }
});

test('after a gap the next chunk begins shortly after it came, not in the past', () => {
  play(100);
  context.runTo(2);
  play(100);
  assert.ok(context.sources[1].start_ > 2);
  assert.deepEqual(log, ['started i1', 'ended i1', 'started i1']);
});

test('every source that plays or waits is counted, until it has ended', () => {
  play(100);
  play(100);
  play(100);
  assert.equal(player.activeAudio.size, 3);
  context.runTo(0.2);
  assert.equal(player.activeAudio.size, 2);
  context.runTo(1);
  assert.equal(player.activeAudio.size, 0);
  assert.deepEqual(log, ['started i1', 'ended i1']);
});

test('a stop silences all of it in the same tick', () => {
  play(500);
  play(500);
  const live = player.activeAudio;
  player.stopAll();
  assert.equal(live.size, 0);
  for (const source of context.sources) {
    assert.equal(source.playing, false);
    assert.equal(source.connected, false);
    assert.equal(source.onended, null);
  }
});

test('a stop says how much was heard of what was cut off', () => {
  play(1000);
  play(1000);
  context.runTo(1.28);
  const cut = player.stopAll();
  assert.deepEqual(cut.get('i1'), { heardMs: 1250, totalMs: 2000 });
});

test('gaps do not count as heard', () => {
  play(500);
  context.runTo(3);
  play(500);
  context.runTo(3.23);
  assert.deepEqual(player.heard('i1'), { heardMs: 700, totalMs: 1000 });
});

test('what the loudspeaker still holds back was not heard', () => {
  context.outputLatency = 0.1;
  play(1000);
  context.runTo(0.53);
  assert.equal(player.heard('i1').heardMs, 400);
});

test('late chunks of a stopped response die, those of the next one play', () => {
  play(500, 'r1', 'i1');
  player.stopAll();
  play(500, 'r1', 'i1');
  assert.equal(player.activeAudio.size, 0);
  play(500, 'r2', 'i2');
  assert.equal(player.activeAudio.size, 1);
});

test('a response can be refused before its first chunk', () => {
  player.refuse('r1');
  play(500);
  assert.equal(player.activeAudio.size, 0);
  assert.deepEqual(log, []);
});

test('the next reply begins at once, not where the stopped one would have ended', () => {
  play(60_000);
  context.runTo(1);
  player.stopAll();
  play(100, 'r2', 'i2');
  assert.ok(context.sources[1].start_ < 1.1);
});

test('a source that never tells its end is let go when its time is over', () => {
  play(100);
  context.currentTime = 10;
  player.prune();
  assert.equal(player.activeAudio.size, 0);
  assert.deepEqual(log, ['started i1', 'ended i1']);
});

test('sound held back by the browser is told, and plays when it may', async () => {
  context.state = 'suspended';
  context.resume = async () => {};
  play(100);
  assert.deepEqual(log, ['started i1', 'blocked']);
  context.state = 'running';
  context.onstatechange();
  assert.equal(log.at(-1), 'free');
});

test('stopping a thousand times does no harm', () => {
  play(500);
  for (let i = 0; i < 1000; i++) player.stopAll();
  play(500, 'r2', 'i2');
  assert.equal(player.activeAudio.size, 1);
});
