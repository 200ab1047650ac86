import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  audibleAt,
  details,
  firstAudible,
  measures,
  outputLatency,
  segments,
  sentence,
} from '../../static/vox/latency.js';

const SPOKEN = { total: 1100, endpoint: 300, stt: 112, llm: 300, tts: 200 };

function answer({ askedAt = 1000, soundAt = 2100, ...timings } = {}) {
  const server = { endpoint_ms: 300, stt_ms: 112, llm_ms: 300, tts_ms: 200, voiced_until_ms: 0, total_ms: 950 };
  return { askedAt, soundAt, timings: { ...server, ...timings } };
}

test('the total is what the page measured, not what the server says', () => {
  assert.deepEqual(measures(answer()), SPOKEN);
});

test('what is not known is left out', () => {
  assert.equal(measures(answer({ soundAt: null })).total, null);
  assert.equal(measures(answer({ askedAt: null })).total, null);
  assert.equal(measures(answer({ endpoint_ms: null })).endpoint, null);
  assert.deepEqual(measures({ askedAt: 0, soundAt: 700.4, timings: null }), {
    total: 700,
    endpoint: null,
    stt: null,
    llm: null,
    tts: null,
  });
});

test('an answer before the question is a fault of the clocks and told to nobody', () => {
  assert.equal(measures(answer({ askedAt: 3000 })).total, null);
});

test('the bar shows the parts in order, each as long as its share, and the rest', () => {
  const drawn = segments(SPOKEN);
  assert.deepEqual(
    drawn.map(({ part, ms }) => [part, ms]),
    [
      ['heard', 412],
      ['thought', 300],
      ['voiced', 200],
      ['rest', 188],
    ],
  );
  for (const { ms, share } of drawn) assert.ok(Math.abs(share - ms / 1100) < 1e-9);
});

test('parts that overlapped never reach beyond the total, and keep their numbers', () => {
  const drawn = segments({ ...SPOKEN, total: 456 });
  assert.deepEqual(
    drawn.map(({ part, ms, share }) => [part, ms, Math.round(share * 456)]),
    [
      ['heard', 412, 206],
      ['thought', 300, 150],
      ['voiced', 200, 100],
    ],
  );
});

test('without a total there is no bar and no sentence', () => {
  const silent = { ...SPOKEN, total: null };
  assert.deepEqual([segments(silent), sentence(silent), details(silent)], [[], '', '']);
});

test('a sentence says it', () => {
  assert.equal(sentence(SPOKEN), 'Answered in 1.1 s: 0.4 s to hear, 0.3 s to think, 0.2 s to speak.');
  const typed = { ...SPOKEN, endpoint: null, stt: null, llm: 40 };
  assert.equal(sentence(typed), 'Answered in 1.1 s: 0.04 s to think, 0.2 s to speak.');
  const bare = { total: 700, endpoint: null, stt: null, llm: null, tts: null };
  assert.equal(sentence(bare), 'Answered in 0.7 s.');
});

test('who points at it sees every number', () => {
  assert.equal(
    details(SPOKEN),
    '1100 ms until the first sound\nheard 412 ms (300 to know the end, 112 for the words)\n' +
      'thought 300 ms\nvoiced 200 ms\nrest 188 ms',
  );
});

test('near silence at the beginning of a voice is no sound yet', () => {
  const samples = new Float32Array(100).fill(0.0005);
  assert.equal(firstAudible(samples), -1);
  samples[60] = -0.02;
  assert.equal(firstAudible(samples), 60);
});

test('the loudspeaker tells when a sample leaves it', () => {
  const context = {
    currentTime: 10.05,
    outputLatency: 0.05,
    getOutputTimestamp: () => ({ contextTime: 10, performanceTime: 5000 }),
  };
  assert.equal(audibleAt(context, 10.5, 5003), 5500);
});

test('what it told before it was suspended is of no use, nor is a browser that tells nothing', () => {
  const context = {
    currentTime: 10,
    outputLatency: 0.05,
    getOutputTimestamp: () => ({ contextTime: 10, performanceTime: 5000 }),
  };
  assert.equal(audibleAt(context, 10.5, 9000), 9550);
  assert.equal(audibleAt({ currentTime: 10, baseLatency: 0.01 }, 10.5, 9000), 9510);
  const fresh = { currentTime: 0, getOutputTimestamp: () => ({ contextTime: 0, performanceTime: 0 }) };
  assert.equal(audibleAt(fresh, 0.03, 100), 130);
});

test('a latency beyond belief is not believed', () => {
  assert.equal(outputLatency({ currentTime: 0, outputLatency: 20 }), 0.5);
  assert.equal(outputLatency(null), 0);
});
