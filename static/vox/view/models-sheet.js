// @ts-check
// The sheet from the right: the three models, what they take, and how to connect a better brain.

/** @import {State} from '../conversation/state.js' */
/** @import {Kind, Models, Timings} from '../wire.js' */

import { change, memory } from '../api.js';
import { byId, setText } from './dom.js';
import { ModelCard } from './model-card.js';
import { bytes } from './models.js';

/** Milliseconds between looks at the memory while the sheet is open. */
const LOOK = 3000;

export class ModelsSheet {
  #dialog = byId('models', HTMLDialogElement);
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
    byId('open-models', HTMLElement).addEventListener('click', () => this.open());
    byId('close-models', HTMLElement).addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener('close', () => clearInterval(this.#timer));
  }

  /** @param {boolean} [atDemo] begin at how to connect a better brain */
  open(atDemo = false) {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    if (atDemo) this.#demo.scrollIntoView();
    void this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render({ models, timings }, before) {
    if (models !== null && models !== before.models) this.#showModels(models);
    if (timings !== null && timings !== before.timings) showTimings(timings);
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

/** @param {Timings} timings */
function showTimings({ stt_ms: stt, llm_ms: llm, tts_ms: tts, total_ms: total }) {
  const steps = [
    stt === null ? '' : `words written down in ${stt} ms`,
    llm === null ? '' : `first text after ${llm} ms`,
    tts === null ? '' : `first sound ${tts} ms after its phrase`,
  ].filter(Boolean);
  const whole = total === null ? '' : `${(total / 1000).toFixed(2)} s from your last word to the first sound`;
  const place = byId('timings', HTMLElement);
  setText(place, [whole, steps.join(', ')].filter(Boolean).join(': ') + '.');
  place.hidden = false;
  byId('timings-title', HTMLElement).hidden = false;
}
