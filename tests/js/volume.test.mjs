import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { Player } from '../../static/vox/player.js';
import { FakeAudioContext, settle } from './fakes.mjs';

const RATE = 24_000;

/** @type {FakeAudioContext} */
let context;
/** @type {Player} */
let player;
/** @type {boolean[]} */
let blocked = [];
/** @type {number} */
let lostSinks = 0;

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  blocked = [];
  lostSinks = 0;
  context = new FakeAudioContext();
  player = new Player(
    {
      started() {},
      ended() {},
      blocked: (now) => blocked.push(now),
      lostSink: () => lostSinks++,
    },
    () => /** @type {any} */ (context),
  );
});

afterEach(() => mock.timers.reset());

function play(ms, response = 'r1', item = 'i1') {
  player.play(response, item, new Float32Array((ms * RATE) / 1000));
}

function gain() {
  return context.gains[0].value;
}

/** A hold takes the time of its fade before the context stands still. */
function hold() {
  player.giveWay('hold');
  mock.timers.tick(20);
}

test('ducked it is soft, and then as before', () => {
  play(1000);
  player.giveWay('duck');
  assert.equal(gain(), 0.25);
  assert.equal(context.state, 'running');
  player.giveWay('resume');
  assert.equal(gain(), 1);
});

test('held, it fades and then keeps its place; resumed, it goes on from there', () => {
  play(1000);
  context.runTo(0.43);
  player.giveWay('duck');
  player.giveWay('hold');
  assert.equal(gain(), 0);
  assert.equal(context.state, 'running');
  mock.timers.tick(20);
  assert.equal(context.state, 'suspended');
  assert.equal(player.heard('i1').heardMs, 400);
  player.giveWay('resume');
  assert.equal(context.state, 'running');
  assert.equal(gain(), 1);
  assert.equal(context.sources[0].playing, true);
});

test('resumed before the fade is over, it never stands still', () => {
  play(1000);
  player.giveWay('hold');
  player.giveWay('resume');
  mock.timers.tick(60_000);
  assert.equal(context.state, 'running');
  assert.equal(gain(), 1);
});

test('nobody is told that the browser holds the sound back', () => {
  play(1000);
  hold();
  play(1000);
  assert.ok(!blocked.includes(true));
});

test('a press does not end a hold, nor does more of the same reply', () => {
  play(1000);
  hold();
  player.resume();
  play(1000);
  assert.equal(context.state, 'suspended');
  player.giveWay('resume');
  assert.equal(context.state, 'running');
});

test('a stop ends it: the next reply is heard', () => {
  play(1000);
  hold();
  player.stopAll();
  assert.equal(context.state, 'running');
  assert.equal(gain(), 1);
});

test('a stop in the middle of the fade ends it for good', () => {
  play(1000);
  player.giveWay('hold');
  player.stopAll();
  play(1000, 'r2', 'i2');
  mock.timers.tick(60_000);
  assert.equal(context.state, 'running');
  assert.equal(gain(), 1);
});

test('another reply’s first sound ends it', () => {
  for (const how of ['duck', 'hold']) {
    play(100, `${how} 1`, `${how} 1`);
    player.giveWay(/** @type {'duck' | 'hold'} */ (how));
    mock.timers.tick(20);
    play(100, `${how} 2`, `${how} 2`);
    assert.equal(context.state, 'running');
    assert.equal(gain(), 1);
  }
});

test('a hold that everybody has forgotten ends by itself', () => {
  play(1000);
  hold();
  mock.timers.tick(60_000);
  assert.equal(context.state, 'running');
  assert.equal(gain(), 1);
});

test('without sound there is nothing to give way', () => {
  player.giveWay('duck');
  player.giveWay('hold');
  player.giveWay('resume');
  assert.equal(context.gains.length, 0);
});

test('it plays on the loudspeaker that was chosen, before and after the first sound', async () => {
  const sinks = [];
  context.setSinkId = async (id) => void sinks.push(id);
  player.setSink('');
  player.setSink('headset');
  play(100);
  player.setSink('headset');
  player.setSink('');
  await settle();
  assert.deepEqual(sinks, ['headset', '']);
});

test('a loudspeaker that is gone is told, and the sound goes on', async () => {
  context.setSinkId = async () => {
    throw new Error('gone');
  };
  player.setSink('gone');
  play(100);
  await settle();
  assert.equal(lostSinks, 1);
  assert.equal(player.activeAudio.size, 1);
});
