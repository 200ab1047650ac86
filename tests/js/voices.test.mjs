import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Audition } from '../../static/vox/voices/audition.js';
import { nameOf } from '../../static/vox/voices/files.js';
import { ENOUGH, SpeechLength } from '../../static/vox/voices/speech-length.js';
import { LONGEST, Take } from '../../static/vox/voices/take.js';
import { toWav } from '../../static/vox/voices/wav.js';
import { bars, peaks } from '../../static/vox/voices/waveform.js';
import { FakeMicrophone, settle } from './fakes.mjs';

const FRAME = 0.04;

/** Levels of `seconds`, as 40 ms frames. */
const lasting = (seconds, level) => Array(Math.round(seconds / FRAME)).fill(level);

function speechIn(...levels) {
  const length = new SpeechLength();
  for (const level of levels.flat(2)) length.heard(level, FRAME);
  return length.seconds;
}

test('only speech counts, not the quiet around it', () => {
  const quiet = 0.0005;
  const seconds = speechIn(lasting(3, quiet), lasting(4, 0.08), lasting(2, quiet), lasting(3, 0.05), lasting(5, quiet));
  assert.ok(Math.abs(seconds - 7) < 0.2, `${seconds}`);
});

test('the short pauses between words count, long ones do not', () => {
  const word = [lasting(0.6, 0.06), lasting(0.2, 0.0004)];
  assert.ok(Math.abs(speechIn(lasting(1, 0.0004), ...Array(10).fill(word)) - 7.8) < 0.2);
  const alone = [lasting(0.6, 0.06), lasting(1, 0.0004)];
  assert.ok(Math.abs(speechIn(lasting(1, 0.0004), ...Array(10).fill(alone)) - 6) < 0.2);
});

test('a fan that hums is no speech, and one hears who speaks above it', () => {
  assert.ok(speechIn(lasting(2, 0.008), lasting(20, 0.009)) < 0.5);
  const seconds = speechIn(lasting(2, 0.008), lasting(5, 0.08), lasting(2, 0.008));
  assert.ok(Math.abs(seconds - 5) < 0.5, `${seconds}`);
});

test('a muted microphone gives no speech, and a faint one does', () => {
  assert.equal(speechIn(lasting(30, 0)), 0);
  assert.ok(speechIn(lasting(1, 0.0002), lasting(ENOUGH + 0.5, 0.005)) >= ENOUGH);
});

test('a take is a WAV of exactly what was heard', async () => {
  const samples = Float32Array.from({ length: 480 }, (_, i) => Math.sin(i / 7));
  const view = new DataView(await toWav(samples, 48_000).arrayBuffer());
  const text = (at, length) => String.fromCharCode(...new Uint8Array(view.buffer, at, length));
  assert.deepEqual([text(0, 4), text(8, 8), text(36, 4)], ['RIFF', 'WAVEfmt ', 'data']);
  assert.equal(view.getUint32(4, true), view.byteLength - 8);
  assert.deepEqual([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)], [1, 48_000, 16]);
  assert.equal(view.getUint32(40, true), 960);
  assert.equal(view.getInt16(44 + 2 * 100, true), Math.round(Math.sin(100 / 7) * 32767));
});

test('a picture shows where it is loud', () => {
  const samples = new Float32Array(1000);
  samples.fill(0.25, 500, 750);
  samples[900] = -0.5;
  assert.deepEqual(peaks(samples, 4), [0, 0, 0.5, 1]);
  assert.deepEqual(peaks(new Float32Array(10), 4), [0, 0, 0, 0]);
  assert.equal(peaks(samples).length, 120);
  assert.match(bars([0, 1]), /^M0\.5 \d+\.\dV\d+\.\dM1\.5 0\.0V32\.0$/);
});

test('a voice is named after its file', () => {
  assert.equal(nameOf({ name: 'anna_reads-aloud.final.m4a' }), 'anna reads aloud.final');
  assert.equal(nameOf({ name: `${'x'.repeat(80)}.wav` }).length, 60);
});

/** @type {FakeMicrophone} */
let microphone;
let told;

beforeEach(() => {
  microphone = new FakeMicrophone();
  told = { began: 0, levels: [], ends: [], problems: [] };
});

function take(open = async () => microphone) {
  return new Take(
    {
      began: () => told.began++,
      heard: (level, seconds) => told.levels.push([level, seconds]),
      ended: (sound, lost) => told.ends.push({ length: sound.samples.length, lost }),
      failed: (problem) => told.problems.push(problem),
    },
    /** @type {any} */ (open),
  );
}

test('a take has all frames, and its end turns the microphone off', async () => {
  const recording = take();
  await recording.start();
  for (let i = 0; i < 25; i++) microphone.hear();
  recording.finish();
  microphone.hear();
  recording.finish();
  assert.equal(told.began, 1);
  assert.equal(told.levels.length, 25);
  assert.deepEqual(told.ends, [{ length: 48_000, lost: false }]);
  assert.equal(microphone.isOpen, false);
});

test('what is discarded is never told, even while the browser still asks', async () => {
  const recording = take();
  const started = recording.start();
  recording.discard();
  await started;
  assert.equal(microphone.isOpen, false);
  assert.deepEqual([told.began, told.ends.length], [0, 0]);
});

test('finished before the microphone is on, it is called off', async () => {
  const recording = take();
  const started = recording.start();
  recording.finish();
  await started;
  assert.equal(microphone.isOpen, false);
  assert.equal(told.ends.length, 0);
});

test('a microphone that goes away leaves what was heard', async () => {
  const recording = take();
  await recording.start();
  microphone.hear();
  microphone.lost();
  assert.deepEqual(told.ends, [{ length: 1920, lost: true }]);
  assert.equal(microphone.isOpen, false);
});

test('nobody records for ever', async () => {
  const recording = take();
  await recording.start();
  for (let i = 0; i < LONGEST / FRAME + 10; i++) microphone.hear();
  assert.deepEqual(told.ends, [{ length: LONGEST * 48_000, lost: false }]);
  assert.equal(microphone.isOpen, false);
});

test('a microphone that cannot be opened is told, once', async () => {
  const problem = new DOMException('', 'NotAllowedError');
  await take(async () => Promise.reject(problem)).start();
  assert.deepEqual(told.problems, [problem]);
  assert.equal(told.began, 0);
});

/** The player, as far as an audition sees it: clips begin and end when the test says so. */
class FakePlayer {
  clips = [];

  playClip(file, listener) {
    const clip = {
      file,
      started: () => listener.onStarted(),
      ended: (how, problem) => listener.onEnded(how, problem),
      stop: () => listener.onEnded('stopped'),
    };
    file.catch(() => {});
    this.clips.push(clip);
    return clip;
  }
}

test('an audition tells how it goes, and whether it was heard', async () => {
  const player = new FakePlayer();
  const phases = [];
  const audition = new Audition(/** @type {any} */ (player), () => phases.push(audition.now?.phase));
  const heard = audition.toggle('anna', async () => new ArrayBuffer(8));
  player.clips[0].started();
  player.clips[0].ended('ended');
  assert.equal(await heard, true);
  assert.deepEqual(phases, ['coming', 'playing', undefined]);
});

test('pressed again it stops, and the request that was under way is given up', async () => {
  const player = new FakePlayer();
  const audition = new Audition(/** @type {any} */ (player), () => {});
  /** @type {AbortSignal | null} */
  let given = null;
  const fetch = (signal) => {
    given = signal;
    return new Promise(() => {});
  };
  const first = audition.toggle('anna', fetch);
  assert.equal(audition.now?.phase, 'coming');
  assert.equal(await audition.toggle('anna', fetch), false);
  assert.equal(await first, false);
  assert.equal(given?.aborted, true);
  assert.equal(audition.now, null);
});

test('another one takes its place, and Stop All ends it like everything', async () => {
  const player = new FakePlayer();
  const audition = new Audition(/** @type {any} */ (player), () => {});
  const first = audition.toggle('anna', async () => new ArrayBuffer(8));
  const second = audition.toggle('ben', async () => new ArrayBuffer(8));
  assert.equal(await first, false);
  assert.equal(audition.now?.key, 'ben');
  player.clips.at(-1).stop();
  await second;
  assert.equal(audition.now, null);
});

test('a sound that does not come is told', async () => {
  const player = new FakePlayer();
  const audition = new Audition(/** @type {any} */ (player), () => {});
  const heard = audition.toggle('anna', async () => Promise.reject(new Error('VOX is asleep.')));
  player.clips[0].ended('failed', new Error('VOX is asleep.'));
  await assert.rejects(heard, /asleep/);
  await settle();
  assert.equal(audition.now, null);
});
