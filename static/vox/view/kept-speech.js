// @ts-check
// In the settings: whether the sound of what is said is kept at the server, and what it takes.

/** @import {KeptSound} from '../conversations/api.js' */

import { keptSound } from '../conversations/api.js';
import { announce } from './announce.js';
import { byId, element, setText } from './dom.js';
import { bytes } from './models.js';

/** From this share of the limit on it is said that old sound gives way to new. */
const NEARLY_FULL = 0.9;

const MEGABYTE = 1_000_000;
/** What can be chosen as the limit, in MB. */
const LIMITS = [250, 1000, 5000, 20_000];

export class KeptSpeech {
  #switch = byId('keep-speech', HTMLInputElement);
  #bar = byId('space-bar', HTMLMeterElement);
  #limit = byId('space-limit', HTMLSelectElement);
  #throwAway = byId('throw-away', HTMLButtonElement);
  #confirm = byId('throw-away-confirm', HTMLElement);
  #no = byId('throw-away-no', HTMLElement);
  #problem = byId('keep-speech-problem', HTMLElement);

  constructor() {
    this.#switch.addEventListener('change', () => {
      void this.#change(this.#switch, () => keptSound.keep(this.#switch.checked));
    });
    this.#limit.addEventListener('change', () => {
      void this.#change(this.#limit, () => keptSound.limit(Number(this.#limit.value)));
    });
    this.#throwAway.addEventListener('click', () => {
      this.#ask(true);
      this.#no.focus();
    });
    this.#no.addEventListener('click', () => this.#ask(false));
    byId('throw-away-yes', HTMLElement).addEventListener('click', () => void this.#thrownAway());
    this.#confirm.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      // Escape takes back only this.
      event.preventDefault();
      this.#ask(false);
    });
  }

  /** Look how it is now. */
  async show() {
    this.#ask(false, false);
    await this.#try(async () => this.#render(await keptSound.get()));
  }

  /**
   * @param {HTMLInputElement | HTMLSelectElement} field
   * @param {() => Promise<unknown>} send
   */
  async #change(field, send) {
    field.disabled = true;
    await this.#try(send);
    field.disabled = false;
    field.focus();
    await this.#try(async () => this.#render(await keptSound.get()), false);
  }

  async #thrownAway() {
    await this.#try(async () => {
      this.#render(await keptSound.throwAway());
      announce('The kept sound is thrown away.');
    });
    this.#ask(false);
  }

  /**
   * @param {boolean} asks
   * @param {boolean} [focuses]
   */
  #ask(asks, focuses = true) {
    this.#confirm.hidden = !asks;
    this.#throwAway.hidden = asks;
    if (asks || !focuses) return;
    if (this.#throwAway.disabled) this.#switch.focus();
    else this.#throwAway.focus();
  }

  /** @param {KeptSound} sound */
  #render({ keep, bytes: size, limit_bytes: limit, messages }) {
    this.#switch.checked = keep;
    this.#throwAway.disabled = messages === 0;
    byId('throw-away-place', HTMLElement).hidden = messages === 0;
    byId('space-taken', HTMLElement).hidden = !keep && messages === 0;
    this.#bar.max = limit;
    this.#bar.value = size;
    this.#offerLimits(limit / MEGABYTE);
    const of = messages === 1 ? 'the sound of 1 message' : `the sound of ${messages} messages`;
    const full = size > limit * NEARLY_FULL ? ' The oldest gives way to new.' : '';
    setText(byId('space-words', HTMLElement), `${bytes(size)} of ${bytes(limit)}: ${of}.${full}`);
  }

  /** @param {number} chosen in MB */
  #offerLimits(chosen) {
    const limits = LIMITS.includes(chosen) ? LIMITS : [...LIMITS, chosen].sort((a, b) => a - b);
    const options = limits.map((limit) => {
      const option = element('option', '', bytes(limit * MEGABYTE));
      option.value = String(limit);
      return option;
    });
    this.#limit.replaceChildren(...options);
    this.#limit.value = String(chosen);
  }

  /**
   * @param {() => Promise<unknown>} what
   * @param {boolean} [forgets] whether an older problem is over
   */
  async #try(what, forgets = true) {
    if (forgets) this.#problem.hidden = true;
    try {
      await what();
    } catch (problem) {
      this.#problem.textContent = problem instanceof Error ? problem.message : String(problem);
      this.#problem.hidden = false;
    }
  }
}
