// @ts-check
// The first start: three steps, of which those that are not needed are never seen. Done or left once, they
// do not come back in this browser.

/** @import {State} from './conversation/state.js' */
/** @import {Models} from './wire.js' */

/**
 * @typedef {'microphone' | 'models' | 'hello'} Step
 *
 * @typedef {'done' | 'now' | 'later'} Progress
 *
 * @typedef {object} Known what the steps depend on
 * @property {PermissionState | null} permission to use the microphone; null while the browser has not said
 * @property {Models | null} models
 * @property {boolean} said there is a message
 */

/** Where it is kept that they are over. */
export const KEY = 'vox.first-start.1';

/** @type {Step[]} */
export const STEPS = ['microphone', 'models', 'hello'];

export class FirstStart {
  /** @type {Known} */
  #known = { permission: null, models: null, said: false };
  #microphoneDone = false;
  /** null until it is known whether they are needed. */
  #shown;

  /**
   * @param {() => Storage} storage throws where the browser forbids it
   * @param {() => void} changed
   */
  constructor(storage, changed) {
    this.storage = storage;
    this.changed = changed;
    /** @type {boolean | null} */
    this.#shown = this.#isOver() ? false : null;
  }

  get isShown() {
    return this.#shown === true;
  }

  /** @returns {Record<Step, Progress>} */
  get progress() {
    const { models, said } = this.#known;
    const done = { microphone: this.#microphoneDone, models: models !== null && areReady(models), hello: said };
    const now = STEPS.find((step) => !done[step]);
    const progress = (/** @type {Step} */ step) => (done[step] ? 'done' : step === now ? 'now' : 'later');
    return { microphone: progress('microphone'), models: progress('models'), hello: progress('hello') };
  }

  /** @param {PermissionState} permission */
  permitted(permission) {
    this.#know({ permission });
  }

  /** @param {State} state */
  follow({ models, messages, recording }) {
    if (this.#shown === false) return;
    // Who records has a microphone that works.
    if (recording === 'on') this.#microphoneDone = true;
    this.#know({ models, said: messages.length > 0 });
  }

  /** The person was heard, or would rather type. */
  microphoneDone() {
    this.#microphoneDone = true;
    this.changed();
  }

  /** They are over, whatever is left of them. */
  leave() {
    this.#shown = false;
    try {
      this.storage().setItem(KEY, 'over');
    } catch {
      // Storage is blocked: they come back with the page.
    }
    this.changed();
  }

  /** @param {Partial<Known>} news */
  #know(news) {
    if (this.#shown === false) return;
    this.#known = { ...this.#known, ...news };
    if (this.#known.said) {
      this.leave();
      return;
    }
    this.#decide();
    this.changed();
  }

  /** They are needed where the microphone is not permitted yet or a model is not ready. */
  #decide() {
    if (this.#shown !== null) return;
    const { permission, models } = this.#known;
    if (permission === null) return;
    if (permission === 'granted') this.#microphoneDone = true;
    if (permission !== 'granted') this.#shown = true;
    else if (models !== null) this.#shown = !areReady(models);
  }

  #isOver() {
    try {
      return this.storage().getItem(KEY) !== null;
    } catch {
      return false;
    }
  }
}

/** @param {Models} models */
export function areReady(models) {
  return Object.values(models).every(({ state }) => state === 'ready');
}

/**
 * Whether this page may use the microphone. Firefox before 131 and pages without https cannot tell.
 * @returns {Promise<PermissionState>}
 */
export async function microphonePermission() {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {any} */ ('microphone') });
    return state;
  } catch {
    return 'prompt';
  }
}
