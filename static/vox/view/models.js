// @ts-check
// What the models' states are in words.

/** @import {Kind, Model} from '../wire.js' */

/** @type {Record<Kind, string>} */
export const TITLES = { stt: 'Ears', llm: 'Brain', tts: 'Voice' };

/** @type {Record<Kind, string>} */
export const JOBS = {
  stt: 'writes down what you say',
  llm: 'thinks of the answer',
  tts: 'speaks it',
};

/** @type {Record<Model['state'], string>} */
const STATES = { ready: 'Ready', loading: 'Loading', failed: 'Could not be loaded', unloaded: 'Not loaded' };

/** @param {Model} model */
export function stateWords(model) {
  if (model.state === 'loading') return progressWords(model) || STATES.loading;
  if (model.state !== 'ready') return STATES[model.state];
  const took = model.load_seconds ? `, loaded in ${seconds(model.load_seconds)}` : '';
  const exactness = model.precision ? ` in ${model.precision}` : '';
  return STATES.ready + place(model.device) + exactness + took;
}

/**
 * Where a model runs: a kind of device, or a server's address.
 * @param {string} device
 */
function place(device) {
  if (device === '') return '';
  if (device === 'cpu') return ' on the processor';
  if (/^(cuda|mps)\b/.test(device)) return ` on the GPU (${device})`;
  return device.includes('://') ? ` at ${device}` : ` on ${device}`;
}

/**
 * What a load is doing; how far only where that is measured.
 * @param {Model} model
 */
export function progressWords({ progress }) {
  if (progress === null) return '';
  const { stage, done, total, unit } = progress;
  if (done === null || total === null) {
    return done !== null && unit === 'bytes' ? `${stage} (${bytes(done)})` : stage;
  }
  return unit === 'bytes' ? `${stage} (${bytes(done)} of ${bytes(total)})` : `${stage} (${done} of ${total})`;
}

/** @param {number} count */
export function bytes(count) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit++;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

/** @param {number} value */
function seconds(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}
