// @ts-check
// One model in the sheet: what it is, how it is, and the buttons to load and unload it. Where it is in use,
// the card asks what to do about that.

/** @import {Kind, Model} from '../wire.js' */
/** @import {ModelsApi} from '../models-api.js' */

import { Refused } from '../api.js';
import { announce } from './announce.js';
import { byId, setIcon, setText } from './dom.js';
import { paceWords, progressWords, questionWords, stateWords, TITLES, useWords } from './models.js';

/** HTTP's word for "somebody uses it". */
const CONFLICT = 409;

export class ModelCard {
  #element;
  #kind;
  #api;
  #question;
  /** What the last press was answered with, until the next one. */
  #refusal = '';
  /** @type {Model | null} */
  #model = null;

  /**
   * @param {Kind} kind
   * @param {ModelsApi} api
   */
  constructor(kind, api) {
    this.#kind = kind;
    this.#api = api;
    this.#element = byId(`model-${kind}`, HTMLElement);
    this.#question = this.#find('.model-question');
    this.#press('load', () => this.change('load'));
    this.#press('unload', () => this.change('unload'));
    this.#press('cancel', () => this.change('cancel'));
    this.#press('idle', () => this.#answer('idle'));
    this.#press('now', () => this.#answer('now'));
    this.#press('keep', () => this.#closeQuestion());
  }

  /** @param {Model} model */
  render(model) {
    const before = this.#model;
    this.#model = model;
    const dot = this.#element.querySelector('.dot');
    if (dot) {
      setIcon(dot, `dot-${model.state}`);
      dot.setAttribute('data-state', model.state);
    }
    this.#say('name', model.name);
    this.#say('state', model.state === 'loading' ? '' : [stateWords(model), useWords(model)].join('. '));
    this.#say('notice', model.state === 'ready' ? model.notice : '');
    this.#say('error', this.#refusal || (model.error ?? ''));
    this.#showProgress(model);
    this.#showButtons(model);
    if (model.state !== 'ready') this.#closeQuestion();
    if (before === null || before.state === model.state) return;
    announce(`${TITLES[this.#kind]}: ${stateWords(model)}`);
  }

  /**
   * Have something done, and say why where it is not.
   * @param {'load' | 'unload' | 'cancel'} what
   * @param {'idle' | 'now'} [when]
   */
  async change(what, when) {
    await this.attempt(async () => {
      try {
        await this.#api.change(this.#kind, what, when);
      } catch (problem) {
        if (!(problem instanceof Refused) || problem.status !== CONFLICT || when) throw problem;
        this.#ask(problem.told.in_use ?? []);
      }
    });
  }

  /** @param {() => Promise<unknown>} work whose failure is told in this card */
  async attempt(work) {
    this.#refusal = '';
    this.#say('error', '');
    this.#element.setAttribute('aria-busy', 'true');
    try {
      await work();
    } catch (problem) {
      this.#refusal = problem instanceof Error ? problem.message : String(problem);
      this.#say('error', this.#refusal);
      announce(this.#refusal);
    } finally {
      this.#element.removeAttribute('aria-busy');
    }
  }

  /** @param {string[]} uses */
  #ask(uses) {
    setText(byId(`model-${this.#kind}-question`, HTMLElement), questionWords(uses));
    this.#question.hidden = false;
    this.#button('idle').focus();
  }

  /** @param {'idle' | 'now'} when */
  #answer(when) {
    this.#closeQuestion();
    void this.change('unload', when);
  }

  #closeQuestion() {
    if (this.#question.hidden) return;
    const hadFocus = this.#question.contains(document.activeElement);
    this.#question.hidden = true;
    if (hadFocus) this.#focusButton();
  }

  /** @param {Model} model */
  #showButtons(model) {
    const hadFocus = this.#element.querySelector('.card-buttons')?.contains(document.activeElement);
    const isReady = model.state === 'ready';
    this.#button('load').hidden = isReady || model.state === 'loading';
    this.#button('unload').hidden = !isReady || model.goes_when_free;
    const cancel = this.#button('cancel');
    cancel.hidden = !(model.state === 'loading' || model.switching || model.goes_when_free);
    const word = model.goes_when_free ? 'Keep it' : 'Cancel';
    setText(cancel, word);
    cancel.setAttribute('aria-label', `${word}: ${TITLES[this.#kind]}`);
    if (hadFocus && document.activeElement === document.body) this.#focusButton();
  }

  /** Where the pressed button has gone, the focus goes to what took its place. */
  #focusButton() {
    const buttons = ['load', 'unload', 'cancel'].map((name) => this.#button(name));
    buttons.find((button) => !button.hidden)?.focus();
  }

  /** @param {Model} model */
  #showProgress(model) {
    const { progress, state, switching } = model;
    const place = this.#find('[data-say="progress"]');
    place.hidden = progress === null || !(state === 'loading' || switching);
    if (place.hidden || progress === null) return;
    const bar = /** @type {HTMLProgressElement} */ (place.querySelector('progress'));
    bar.hidden = progress.done === null || !progress.total;
    bar.max = progress.total || 1;
    bar.value = progress.done ?? 0;
    const what = switching ? `Getting another ready: ${progressWords(model)}` : progressWords(model);
    this.#say('how-far', [what, paceWords(model)].filter(Boolean).join(', '));
  }

  /**
   * @param {string} part
   * @param {string} text
   */
  #say(part, text) {
    const where = this.#find(`[data-say="${part}"]`);
    setText(where, text);
    where.hidden = text === '';
  }

  /**
   * @param {string} name
   * @param {() => void} done
   */
  #press(name, done) {
    this.#button(name).addEventListener('click', done);
  }

  /** @param {string} name */
  #button(name) {
    return /** @type {HTMLButtonElement} */ (this.#find(`[data-do="${name}"]`));
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#element.querySelector(selector));
  }
}
