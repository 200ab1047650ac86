// @ts-check
// The sheet from the right: the three models, changing them for others, and the memory they take.

/** @import {State} from '../conversation/state.js' */
/** @import {Settings} from '../models-api.js' */
/** @import {Models} from '../wire.js' */

import { modelsApi } from '../models-api.js';
import { BrainForm } from './brain-form.js';
import { byId, setText } from './dom.js';
import { IdleChoice } from './idle-choice.js';
import { MannerForm } from './manner-form.js';
import { MemoryChart } from './memory-chart.js';
import { ModelCard } from './model-card.js';
import { EarsChoice, VoiceChoice } from './model-choice.js';
import { bytes, KINDS } from './models.js';
import { Sheet } from './sheet.js';

/** Milliseconds between looks at the memory, and at who uses what, while the sheet is open. */
const LOOK = 3000;

export class ModelsSheet {
  #sheet = new Sheet('models', { opened: () => this.#opened(), closed: () => clearInterval(this.#timer) });
  #memory = byId('memory', HTMLElement);
  #chart = new MemoryChart(byId('memory-chart', HTMLElement));
  #demo = byId('demo', HTMLElement);
  #cards = {
    stt: new ModelCard('stt', modelsApi),
    llm: new ModelCard('llm', modelsApi),
    tts: new ModelCard('tts', modelsApi),
  };
  #choices = [new EarsChoice(this.#cards.stt, modelsApi), new VoiceChoice(this.#cards.tts, modelsApi)];
  #saved = (/** @type {Settings} */ settings) => this.#showSettings(settings);
  #forms = [
    new BrainForm(this.#cards.llm, modelsApi, this.#saved),
    new MannerForm(modelsApi, this.#saved),
    new IdleChoice(modelsApi, this.#saved),
  ];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** Names of the engines that are there: another one comes with other settings. */
  #names = '';

  /** @param {boolean} [atDemo] begin at how to connect a better brain */
  open(atDemo = false) {
    this.#sheet.open();
    if (!atDemo) return;
    const change = byId('brain-change', HTMLDetailsElement);
    change.open = true;
    byId('model-llm', HTMLElement).scrollIntoView();
    change.querySelector('summary')?.focus({ preventScroll: true });
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render({ models }, before) {
    if (models !== null && models !== before.models) this.#showModels(models);
  }

  #opened() {
    void this.#look();
    void this.#readSettings();
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /** @param {Models} models */
  #showModels(models) {
    for (const kind of KINDS) this.#cards[kind].render(models[kind]);
    this.#demo.hidden = !models.llm.demo;
    const names = KINDS.map((kind) => `${models[kind].state} ${models[kind].name}`).join();
    if (this.#sheet.isOpen && this.#names && names !== this.#names) void this.#readSettings();
    this.#names = names;
  }

  async #readSettings() {
    try {
      this.#showSettings(await modelsApi.settings());
    } catch (problem) {
      setText(this.#memory, sentence(problem));
    }
  }

  /** @param {Settings} settings */
  #showSettings(settings) {
    for (const form of this.#forms) form.render(settings);
    for (const choice of this.#choices) void choice.render(settings).catch(() => {});
  }

  async #look() {
    try {
      const [{ models, memory }, { history }] = await Promise.all([modelsApi.status(), modelsApi.memory()]);
      this.#showModels(models);
      const { process_bytes: process, gpu_bytes: gpu, gpu_total_bytes: total } = memory;
      const onGpu = gpu === null ? '' : `, ${bytes(gpu)}${total ? ` of ${bytes(total)}` : ''} on the GPU`;
      setText(this.#memory, `VOX takes ${bytes(process)}${onGpu}.`);
      this.#chart.render(history);
    } catch (problem) {
      setText(this.#memory, sentence(problem));
    }
  }
}

/** @param {unknown} problem */
function sentence(problem) {
  return problem instanceof Error ? problem.message : 'Not known.';
}
