// @ts-check
// How long an answer let the person wait, in milliseconds: the whole as the page hears it, from the
// person's last word to the first sound of the answer, and its parts as the server measured them.

/** @import {Message} from './conversation/state.js' */

/**
 * @typedef {object} Measures null where not known
 * @property {number | null} total from the person's end to the first audible sample, as measured here
 * @property {number | null} endpoint until it was clear that the person had finished
 * @property {number | null} stt
 * @property {number | null} llm
 * @property {number | null} tts
 *
 * @typedef {object} Segment of the bar that shows them
 * @property {'heard' | 'thought' | 'voiced' | 'rest'} part
 * @property {number} ms as measured
 * @property {number} share of the total that is drawn, 0 to 1
 *
 * @typedef {Pick<AudioContext, 'currentTime'> & Partial<Pick<AudioContext, 'getOutputTimestamp'
 *   | 'outputLatency' | 'baseLatency'>>} Clock an audio context, as far as it tells the time
 */

/** Amplitude from which on a sample counts as sound: -50 dB. Voices begin with near silence. */
const AUDIBLE = 0.003;

/** Milliseconds after which what a context says about its output is of the past (it was suspended). */
const STALE = 500;

/** Seconds beyond which a stated latency is not believed. */
const MOST_LATENCY = 0.5;

/**
 * @param {Float32Array} samples
 * @returns {number} of the first one that can be heard, or -1
 */
export function firstAudible(samples) {
  return samples.findIndex((sample) => Math.abs(sample) >= AUDIBLE);
}

/**
 * Seconds between a context's clock and the ear.
 * @param {Clock | null} context
 */
export function outputLatency(context) {
  return Math.min(context?.outputLatency || context?.baseLatency || 0, MOST_LATENCY);
}

/**
 * When a moment of a running context's clock leaves the loudspeaker, by the page's clock.
 * @param {Clock} context
 * @param {number} seconds on its clock; may lie ahead
 * @param {number} now performance.now()
 * @returns {number} comparable with performance.now()
 */
export function audibleAt(context, seconds, now) {
  // What it says is already about the loudspeaker, so its latency is in there.
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
  if (performanceTime > 0 && Math.abs(now - performanceTime) < STALE) {
    return performanceTime + (seconds - contextTime) * 1000;
  }
  return now + (seconds - context.currentTime + outputLatency(context)) * 1000;
}

/**
 * @param {Pick<Message, 'askedAt' | 'soundAt' | 'timings'>} message
 * @returns {Measures}
 */
export function measures({ askedAt, soundAt, timings }) {
  const total = askedAt === null || soundAt === null ? null : Math.round(soundAt - askedAt);
  return {
    // Less than nothing would be a fault of the clocks, not an answer.
    total: total !== null && total >= 0 ? total : null,
    endpoint: timings?.endpoint_ms ?? null,
    stt: timings?.stt_ms ?? null,
    llm: timings?.llm_ms ?? null,
    tts: timings?.tts_ms ?? null,
  };
}

/**
 * The parts in the order in which they come, to be drawn over the total.
 *
 * The parts are the server's and the total is the page's. The server also works on several at once
 * (it writes words down and begins to think while it still waits whether the person goes on), so the
 * parts may add up to more than the person waited: then each is drawn shorter by the same factor,
 * and `ms` still says what was measured. What the parts leave of the total is the rest: the words
 * of the first phrase after its first word, the way over the network, the loudspeaker.
 * @param {Measures} given
 * @returns {Segment[]} empty when the total is not known; shares add up to 1
 */
export function segments({ total, endpoint, stt, llm, tts }) {
  if (total === null || total === 0) return [];
  const steps = /** @type {const} */ ([
    ['heard', endpoint === null && stt === null ? null : (endpoint ?? 0) + (stt ?? 0)],
    ['thought', llm],
    ['voiced', tts],
  ]);
  const sum = steps.reduce((sum, [, ms]) => sum + (ms ?? 0), 0);
  const scale = 1 / Math.max(total, sum);
  /** @type {Segment[]} */
  const drawn = [];
  for (const [part, ms] of steps) {
    if (ms !== null) drawn.push({ part, ms, share: ms * scale });
  }
  if (sum < total) drawn.push({ part: 'rest', ms: total - sum, share: (total - sum) * scale });
  return drawn;
}

const VERBS = { heard: 'to hear', thought: 'to think', voiced: 'to speak' };

/**
 * One sentence for who cannot see the bar.
 * @param {Measures} given
 */
export function sentence(given) {
  if (given.total === null) return '';
  const parts = [];
  for (const { part, ms } of segments(given)) {
    if (part !== 'rest') parts.push(`${seconds(ms)} ${VERBS[part]}`);
  }
  return `Answered in ${seconds(given.total)}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`;
}

/**
 * Every number, for who points at the bar.
 * @param {Measures} given
 */
export function details(given) {
  if (given.total === null) return '';
  const { endpoint, stt } = given;
  const both = endpoint !== null && stt !== null ? ` (${endpoint} to know the end, ${stt} for the words)` : '';
  const parts = segments(given).map(({ part, ms }) => `${part} ${ms} ms${part === 'heard' ? both : ''}`);
  return [`${given.total} ms until the first sound`, ...parts].join('\n');
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(ms < 95 ? 2 : 1)} s`;
}
