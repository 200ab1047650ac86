import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { InputClock } from '../../static/vox/input-clock.js';

/** @type {InputClock} */
let clock;
let now = 0;

beforeEach(() => {
  clock = new InputClock();
  now = 1000;
});

/** Frames of 40 ms, each of which comes `late` after its last sample was recorded. */
function frames(count, late = () => 0) {
  for (let i = 0; i < count; i++) {
    now += 40;
    clock.sentFrame(40, now + late(i));
  }
}

function assertTime(ms, time, within = 0.001) {
  const told = clock.timeOf(ms);
  assert.ok(told !== null && Math.abs(told - time) <= within, `${told} is not ${time}`);
}

test('it says when a sample was recorded', () => {
  frames(50);
  assertTime(0, 1000);
  assertTime(2000, 3000);
  assertTime(1234, 2234);
  assert.equal(clock.sent, 2000);
});

test('what was not sent yet has no time', () => {
  assert.equal(clock.timeOf(0), null);
  frames(1);
  assert.equal(clock.timeOf(41), null);
});

test('frames that come late do not make it wrong', () => {
  frames(50, (i) => (i % 7 === 3 ? 0 : 25));
  assertTime(1600, 2600);
});

test('a page that was busy takes its frames all at once, and it is still right', () => {
  frames(20);
  frames(30, (i) => Math.max(0, 900 - 40 * i));
  frames(20);
  assertTime(700, 1700);
  assertTime(1900, 2900);
});

test('while muted the sound stands still and time does not', () => {
  frames(25);
  now += 60_000;
  frames(25);
  assertTime(900, 1900);
  assertTime(1500, 62_500);
});

test('a device whose clock is not quite the page’s is followed', () => {
  for (let i = 1; i <= 25_000; i++) clock.sentFrame(40, 1000 + i * 40.002);
  assertTime(1_000_000 - 500, 1000 + 1_000_050 - 500, 1);
});

test('after hours it still knows the last minutes, and no more', () => {
  frames(90_000);
  assertTime(3_600_000 - 60_000, 1000 + 3_540_000);
  assert.equal(clock.timeOf(0), null);
});

test('a new session counts from the beginning', () => {
  frames(25);
  clock.restart();
  assert.equal(clock.timeOf(500), null);
  frames(25);
  assertTime(500, 2500);
});
