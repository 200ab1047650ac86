import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reduce } from '../../static/vox/conversation.js';
import { INITIAL } from '../../static/vox/conversation/state.js';
import { measures } from '../../static/vox/latency.js';
import { Player } from '../../static/vox/player.js';
import { choices } from '../../static/vox/view/device-select.js';
import { FakeAudioContext } from './fakes.mjs';

const TIMINGS = {
  type: 'vox.timings',
  response_id: 'r1',
  voiced_until_ms: 4000,
  endpoint_ms: 250,
  stt_ms: 30,
  llm_ms: 120,
  tts_ms: 80,
  total_ms: 500,
};
const ANSWER = [
  { type: 'response.created', response: { id: 'r1', status: 'in_progress' } },
  { type: 'response.output_item.added', response_id: 'r1', item: { id: 'a1', role: 'assistant' } },
];
const DONE = { type: 'response.done', response: { id: 'r1', status: 'completed' } };

/** @param {[number, any][]} story what happened, and when */
function tell(...story) {
  return story.reduce((state, [now, action]) => reduce(state, action, now), INITIAL);
}

function at(now, actions) {
  return actions.map((action) => [now, action]);
}

function total(state) {
  return measures(state.messages.find(({ role }) => role === 'assistant')).total;
}

test('a typed message: from sending it to the first sound', () => {
  const typed = { type: 'page.typed', itemId: 'u1', text: 'Hello', sentAs: 's1', createId: 'q1' };
  const state = tell([5000, typed], ...at(5100, ANSWER), [5600, { type: 'page.firstSound', itemId: 'a1', at: 5730 }]);
  assert.equal(total(state), 730);
});

test('Talk: from the press that ended the recording, not from when it was sent', () => {
  const spoke = { type: 'page.spoke', commitId: 'c1', createId: 'q1' };
  const state = tell(
    [1000, { type: 'page.recording', phase: 'on' }],
    [4000, { type: 'page.recording', phase: 'finishing' }],
    [4040, spoke],
    ...at(4100, ANSWER),
    [4900, { type: 'page.firstSound', itemId: 'a1', at: 4950 }],
    [5000, { type: 'page.voicedUntil', responseId: 'r1', at: 3000 }],
  );
  assert.equal(total(state), 950);
});

test('hands-free: from the last sound of the voice, which is told at the end of the answer', () => {
  const story = [...at(2000, ANSWER), [2100, { type: 'page.firstSound', itemId: 'a1', at: 2180 }]];
  assert.equal(total(tell(...story)), null);
  const voiced = { type: 'page.voicedUntil', responseId: 'r1', at: 1200 };
  assert.equal(total(tell(...story, [3000, voiced], [3000, TIMINGS], [3001, DONE])), 980);
});

test('an answer keeps its own timings, also when it was stopped', () => {
  const state = tell(
    ...at(2000, ANSWER),
    [2500, { type: 'page.interrupted', heard: new Map() }],
    [2600, TIMINGS],
    [2700, { type: 'response.created', response: { id: 'r2', status: 'in_progress' } }],
    [2800, { type: 'response.output_item.added', response_id: 'r2', item: { id: 'a2', role: 'assistant' } }],
  );
  assert.deepEqual(
    state.messages.map((message) => measures(message).llm),
    [120, null],
  );
});

test('a sound that was silenced before it came was no first sound', () => {
  const typed = { type: 'page.typed', itemId: 'u1', text: 'Hello', sentAs: 's1', createId: 'q1' };
  const sound = { type: 'page.firstSound', itemId: 'a1', at: 630 };
  const stop = { type: 'page.interrupted', heard: new Map() };
  const story = [[0, typed], ...at(100, ANSWER), [600, sound]];
  assert.equal(total(tell(...story, [620, stop])), null);
  assert.equal(total(tell(...story, [700, stop])), 630);
});

/** @param {FakeAudioContext} context */
function playerIn(context) {
  const told = [];
  const listener = {
    started() {},
    ended() {},
    blocked() {},
    firstSound: (itemId, at) => told.push([itemId, at]),
  };
  return { told, player: new Player(listener, () => /** @type {any} */ (context)) };
}

function sound(silentMs, loudMs) {
  const samples = new Float32Array(24 * (silentMs + loudMs));
  return samples.fill(0.1, 24 * silentMs);
}

test('the player tells of each answer’s first sound, once, behind the silence it begins with', (t) => {
  t.mock.method(performance, 'now', () => 1000);
  const context = new FakeAudioContext();
  const { told, player } = playerIn(context);
  player.play('r1', 'a1', sound(100, 0));
  assert.deepEqual(told, []);
  player.play('r1', 'a1', sound(50, 20));
  player.play('r1', 'a1', sound(0, 20));
  player.play('r1', 'a2', sound(0, 20));
  // 30 ms of lead; then 150 ms of silence, or all 190 ms of the first answer.
  assert.deepEqual(
    told.map(([itemId, at]) => [itemId, Math.round(at)]),
    [
      ['a1', 1180],
      ['a2', 1220],
    ],
  );
});

test('while the browser holds the sound back nobody knows when it comes', () => {
  const context = new FakeAudioContext();
  context.state = 'suspended';
  context.resume = async () => {};
  const { told, player } = playerIn(context);
  player.play('r1', 'a1', sound(0, 20));
  assert.deepEqual(told, []);
  context.state = 'running';
  context.onstatechange?.();
  assert.deepEqual(
    told.map(([itemId]) => itemId),
    ['a1'],
  );
  context.onstatechange?.();
  assert.equal(told.length, 1);
});

test('one chooses among devices that have a name, and the system’s choice is there once', () => {
  const device = (deviceId, label, kind = 'audioinput') => ({ deviceId, label, kind });
  const devices = [
    device('default', 'Default - Headset'),
    device('m1', 'Headset'),
    device('m2', 'Webcam'),
    device('s1', 'Loudspeaker', 'audiooutput'),
  ];
  assert.deepEqual(
    choices(devices, 'audioinput').map(({ label }) => label),
    ['Headset', 'Webcam'],
  );
  assert.deepEqual(choices([device('', '')], 'audioinput'), []);
});
