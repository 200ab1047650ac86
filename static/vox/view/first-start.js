// @ts-check
// The card of the first start: the microphone, who answers, and hello.

/** @import {State} from '../conversation/state.js' */
/** @import {PreferenceStore} from '../preferences.js' */
/** @import {Models} from '../wire.js' */

import { FirstStart, microphonePermission, STEPS } from '../first-start.js';
import { microphoneProblem } from '../sentences.js';
import { choices, DeviceSelect } from './device-select.js';
import { byId, setText } from './dom.js';
import { FoundModels } from './found-models.js';
import { InputLevel } from './input-level.js';

/** Frames (40 ms each) of a voice that are more than a click. */
const ENOUGH = 5;

const SAID = { done: 'done', now: 'this is next', later: '' };

const SUMMARIES = { heard: 'I hear you.', types: 'You type. Talk is there whenever you like.' };

export class FirstStartCard {
  #card = byId('first-start', HTMLElement);
  #words = byId('first-level-words', HTMLElement);
  #fine = byId('microphone-fine', HTMLButtonElement);
  #heardFrames = 0;
  #asked = false;
  /** @type {State | null} */
  #state = null;

  /**
   * @param {PreferenceStore} preferences
   * @param {{changed: () => void, openModels: (atDemo: boolean) => void}} page
   */
  constructor(preferences, page) {
    this.page = page;
    this.steps = new FirstStart(
      () => localStorage,
      () => this.#show(),
    );
    this.found = new FoundModels(page.openModels);
    const place = {
      meter: byId('first-level', HTMLElement),
      words: this.#words,
      button: byId('try-microphone', HTMLButtonElement),
    };
    this.level = new InputLevel(place, {
      permitted: () => this.#listDevices(),
      heard: () => this.#heard(),
    });
    this.select = new DeviceSelect('first-microphone', 'audioinput', (microphone) =>
      preferences.set({ microphone }),
    );
    preferences.subscribe(({ microphone }) => {
      if (microphone !== this.select.chosen) this.level.recheck();
      this.select.choose(microphone);
    });
    this.select.choose(preferences.get().microphone);
    this.#fine.addEventListener('click', () => this.#microphoneDone(SUMMARIES.heard));
    byId('rather-type', HTMLElement).addEventListener('click', () => this.#microphoneDone(SUMMARIES.types));
    byId('leave-first-start', HTMLElement).addEventListener('click', () => this.steps.leave());
  }

  get isShown() {
    return this.steps.isShown;
  }

  /** @param {State} state */
  render(state) {
    this.#state = state;
    if (!this.#asked) this.#ask();
    this.steps.follow(state);
  }

  /**
   * What the conversation's microphone hears.
   * @param {number} rms 0 to 1
   */
  heard(rms) {
    if (this.isShown && this.steps.progress.microphone === 'now') this.level.heard(rms);
  }

  #ask() {
    this.#asked = true;
    void microphonePermission().then((permission) => {
      this.steps.permitted(permission);
      this.level.show();
      const problem = navigator.mediaDevices ? 'NotAllowedError' : 'InsecureContext';
      if (permission !== 'denied' && navigator.mediaDevices) return;
      setText(this.#words, microphoneProblem(new DOMException('', problem), 'try it here'));
    });
  }

  #heard() {
    this.#heardFrames++;
    if (this.#heardFrames >= ENOUGH) this.#fine.hidden = false;
  }

  /** @param {string} summary */
  #microphoneDone(summary) {
    setText(this.#summary('microphone'), summary);
    this.level.end();
    this.steps.microphoneDone();
    // The button that had the focus is gone.
    const next = this.#card.querySelector('[aria-current="step"] h3');
    if (next instanceof HTMLElement) next.focus();
  }

  #show() {
    const was = this.#card.hidden;
    this.#card.hidden = !this.isShown;
    if (!this.isShown) this.level.end();
    const { progress } = this.steps;
    for (const name of STEPS) {
      const step = this.#step(name);
      step.dataset.progress = progress[name];
      if (progress[name] === 'now') step.setAttribute('aria-current', 'step');
      else step.removeAttribute('aria-current');
      const said = SAID[progress[name]];
      setText(/** @type {Element} */ (step.querySelector('.step-state')), said && `: ${said}`);
    }
    const models = this.#state?.models ?? null;
    if (this.isShown && models !== null) this.#showModels(models);
    if (was !== this.#card.hidden) this.page.changed();
  }

  /** @param {Models} models */
  #showModels(models) {
    this.found.render(models);
    setText(this.#summary('models'), `${models.llm.name} answers, and ${models.tts.name} speaks.`);
  }

  #listDevices() {
    navigator.mediaDevices.enumerateDevices().then(
      (devices) => {
        this.select.list(devices);
        byId('first-device', HTMLElement).hidden = choices(devices, 'audioinput').length < 2;
      },
      () => {},
    );
  }

  /** @param {import('../first-start.js').Step} name */
  #step(name) {
    return /** @type {HTMLElement} */ (this.#card.querySelector(`[data-step="${name}"]`));
  }

  /** @param {import('../first-start.js').Step} name */
  #summary(name) {
    return /** @type {HTMLElement} */ (this.#step(name).querySelector('.step-summary'));
  }
}
