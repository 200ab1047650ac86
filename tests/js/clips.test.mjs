// Sound that is whole before it plays: a kept message, a voice to try.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Player } from '../../static/vox/player.js';
import { Told } from './a-session.mjs';
import { FakeAudioContext, settle } from './fakes.mjs';

const BYTES = new ArrayBuffer(8);

/** @type {FakeAudioContext} */
let context;
/** @type {Player} */
let player;
/** @type {string[]} */
let log;

beforeEach(() => {
  log = [];
  context = new FakeAudioContext();
  const listener = { started() {}, ended() {}, blocked() {}, clip: () => log.push('about to sound') };
  player = new Player(listener, () => /** @type {any} */ (context));
});

/** @param {any} sound */
function play(sound, name = 'clip') {
  return player.playClip(sound, {
    onStarted: () => log.push(`${name} started`),
    onEnded: (how) => log.push(`${name} ${how}`),
  });
}

test('a clip is among the active sounds until it has ended by itself', async () => {
  play(BYTES);
  await settle();
  assert.equal(player.activeAudio.size, 1);
  context.runTo(2);
  assert.equal(player.activeAudio.size, 0);
  assert.deepEqual(log, ['about to sound', 'clip started', 'clip ended']);
});

test('Stop All silences a clip and one that is still on its way', async () => {
  play(BYTES);
  await settle();
  player.stopAll();
  assert.equal(player.activeAudio.size, 0);
  assert.equal(context.sources[0].playing, false);
  let arrive = (_) => {};
  play(new Promise((resolve) => (arrive = resolve)), 'late');
  player.stopAll();
  arrive(BYTES);
  await settle();
  assert.equal(context.sources.length, 1);
  assert.deepEqual(log.slice(-3), ['clip stopped', 'about to sound', 'late stopped']);
});

test('a new clip ends the one before it', async () => {
  play(BYTES, 'one');
  await settle();
  play(BYTES, 'two');
  await settle();
  assert.equal(player.activeAudio.size, 1);
  assert.ok(log.includes('one stopped'));
});

test('what is no sound, or never comes, fails once and plays nothing', async () => {
  play(new ArrayBuffer(0), 'garbage');
  await settle();
  play(Promise.reject(new Error('404')), 'missing');
  await settle();
  assert.equal(context.sources.length, 0);
  assert.deepEqual(
    log.filter((line) => line.endsWith('failed')),
    ['garbage failed', 'missing failed'],
  );
});

test('stopping a clip twice, or after its end, tells nothing more', async () => {
  const clip = play(BYTES);
  await settle();
  clip.stop();
  clip.stop();
  assert.deepEqual(log, ['about to sound', 'clip started', 'clip stopped']);
});

test('a clip takes the place of the reply that sounds', async () => {
  const told = new Told();
  told.session.send('Good evening');
  told.say({ type: 'response.created', response: { id: 'r1' } });
  told.answer('r1', 'a1');
  told.sent();
  told.session.player.playClip(BYTES);
  await settle();
  assert.ok(told.types().includes('response.cancel'));
  assert.equal(told.state.messages.at(-1)?.state, 'stopped');
  assert.equal(told.session.player.activeAudio.size, 1);
  told.session.stopAll();
  assert.equal(told.session.player.activeAudio.size, 0);
});
