// @ts-check
// After how long a model that nobody uses is unloaded. What is chosen holds at once.

/** @import {ModelsApi, Settings} from '../models-api.js' */

import { byId, element, setText } from './dom.js';
import { timeWords } from './models.js';

const MINUTES = [0, 5, 15, 30, 60, 240];
const HINT = 'The next time it is needed it is loaded again, which takes a moment.';

export class IdleChoice {
  #select = byId('idle-minutes', HTMLSelectElement);
  #note = byId('idle-minutes-note', HTMLElement);

  /**
   * @param {ModelsApi} api
   * @param {(settings: Settings) => void} saved
   */
  constructor(api, saved) {
    this.#select.addEventListener('change', async () => {
      try {
        saved(await api.save({ idle_minutes: Number(this.#select.value) }));
      } catch (problem) {
        setText(this.#note, problem instanceof Error ? problem.message : String(problem));
      }
    });
  }

  /** @param {Settings} settings */
  render(settings) {
    const setting = settings.get('idle_minutes');
    if (setting === undefined) return;
    const chosen = Number(setting.value);
    const minutes = MINUTES.includes(chosen) ? MINUTES : [...MINUTES, chosen].sort((a, b) => a - b);
    const options = minutes.map((value) => {
      const option = element('option', '', value === 0 ? 'Never' : `After ${timeWords(value * 60)}`);
      option.value = String(value);
      return option;
    });
    this.#select.replaceChildren(...options);
    this.#select.value = String(chosen);
    this.#select.disabled = setting.fixed;
    setText(this.#note, setting.why_fixed || HINT);
  }
}
