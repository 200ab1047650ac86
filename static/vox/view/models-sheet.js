// @ts-check
// The sheet from the right: the three models, what they take, and how to connect a better brain.

/** @import {State} from '../conversation/state.js' */
/** @import {Kind, Models} from '../wire.js' */

import { change, memory } from '../api.js';
import { byId, setText } from './dom.js';
import { ModelCard } from './model-card.js';
import { bytes } from './models.js';
import { Sheet } from './sheet.js';

/** Milliseconds between looks at the memory while the sheet is open. */
const LOOK = 3000;

export class ModelsSheet {
  #sheet = new Sheet('models', { opened: () => this.#opened(), closed: () => clearInterval(this.#timer) });
  #memory = byId('memory', HTMLElement);
  #demo = byId('demo', HTMLElement);
  /** @type {Map<Kind, ModelCard>} */
  #cards = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  constructor() {
    for (const kind of /** @type {Kind[]} */ (['stt', 'llm', 'tts'])) {
      const card = new ModelCard(kind, (what) => change(kind, what));
      this.#cards.set(kind, card);
      byId('model-cards', HTMLElement).append(card.element);
    }
  }

  /** @param {boolean} [atDemo] begin at how to connect a better brain */
  open(atDemo = false) {
    this.#sheet.open();
    if (atDemo) this.#demo.scrollIntoView();
  }

  #opened() {
    void this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render({ models }, before) {
    if (models !== null && models !== before.models) this.#showModels(models);
  }

  /** @param {Models} models */
  #showModels(models) {
    for (const [kind, card] of this.#cards) card.render(models[kind]);
    this.#demo.hidden = !models.llm.demo;
  }

  async #look() {
    try {
      const { process_bytes: process, gpu_bytes: gpu, gpu_total_bytes: total } = await memory();
      const used = `${bytes(process)} by VOX`;
      const onGpu = gpu === null ? '' : `, ${bytes(gpu)}${total ? ` of ${bytes(total)}` : ''} on the GPU`;
      setText(this.#memory, `${used}${onGpu}`);
    } catch (problem) {
      setText(this.#memory, problem instanceof Error ? problem.message : 'Not known.');
    }
  }
}
