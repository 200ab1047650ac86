// @ts-check
// What the models' states are in words.

/** @import {Kind, Model} from '../wire.js' */
/** @import {Choice, Trial} from '../models-api.js' */

/** @type {Kind[]} */
export const KINDS = ['stt', 'llm', 'tts'];

/** @type {Record<Kind, string>} */
export const TITLES = { stt: 'Ears', llm: 'Brain', tts: 'Voice' };

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
 * What is being done with a model that is ready, or when it was last used.
 * @param {Model} model
 */
export function useWords(model) {
  if (model.state !== 'ready') return '';
  if (model.goes_when_free) return 'It is unloaded as soon as nobody uses it.';
  if (model.in_use?.length > 0) return 'In use now.';
  const idle = model.idle_seconds ?? null;
  return idle === null ? '' : idle < 5 ? 'Used just now.' : `Not used for ${timeWords(idle)}.`;
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

/**
 * How fast a download is and how long it still takes, '' where that is not known.
 * @param {Model} model
 */
export function paceWords({ progress }) {
  if (!progress?.bytes_per_second) return '';
  const speed = `${bytes(progress.bytes_per_second)} a second`;
  const left = progress.seconds_left;
  return left == null || left < 1 ? speed : `${speed}, about ${timeWords(left)} left`;
}

/**
 * A model to choose: its name, how large it is, and whether it is here.
 * @param {Choice} choice
 */
export function choiceWords({ name, megabytes, on_disk: here, downloadable = true }) {
  const size = megabytes ? bytes(megabytes * 1e6).replace('.0', '') : '';
  if (here === true) return `${name} (${size ? `${size}, ` : ''}here)`;
  if (here === false) return `${name} (${size && downloadable ? `${size} to download` : 'not here'})`;
  return name;
}

/**
 * What came of testing a brain's server.
 * @param {Trial} trial
 */
export function trialWords({ ok, problem, models, model, first_token_ms: first }) {
  if (!ok) return problem;
  const many = models.length === 1 ? '1 model' : `${models.length} models`;
  const has = models.length === 0 ? '' : ` It has ${many}.`;
  const soon = first === null ? '' : ` ${model} began to answer after ${seconds(first / 1000)}.`;
  return `It works.${has}${soon}`;
}

/**
 * What somebody uses a model for who has to be waited for or stopped.
 * @param {string[]} uses
 */
export function questionWords(uses) {
  const what = uses.length === 0 ? 'something' : [...new Set(uses)].join(' and ');
  return `It is in use for ${what}. Unload it when that is done, or stop that now?`;
}

/**
 * A length of time, to a precision that people care for.
 * @param {number} value in seconds
 */
export function timeWords(value) {
  if (value < 60) return `${Math.max(1, Math.round(value))} s`;
  if (value < 3600) return `${Math.round(value / 60)} min`;
  return `${(value / 3600).toFixed(value < 36_000 ? 1 : 0)} h`;
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
