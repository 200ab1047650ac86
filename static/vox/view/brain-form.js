// @ts-check
// The form to connect another brain: where it runs, its key and its model; and to test that.

/** @import {ModelsApi, Settings, Values} from '../models-api.js' */
/** @import {ModelCard} from './model-card.js' */

import { announce } from './announce.js';
import { byId, setText } from './dom.js';
import { fill, offerToSend } from './model-fields.js';
import { trialWords } from './models.js';

const BUILT_IN = 'builtin';
/** The choice of a model that is in no list. */
const BY_NAME = '\u0000';

export class BrainForm {
  #where = byId('brain-where', HTMLSelectElement);
  #url = byId('brain-url', HTMLInputElement);
  #key = byId('brain-key', HTMLInputElement);
  #model = byId('brain-model', HTMLSelectElement);
  #name = byId('brain-model-name', HTMLInputElement);
  #result = byId('brain-result', HTMLElement);
  #test = byId('brain-test', HTMLButtonElement);
  #forget = byId('brain-forget-key', HTMLButtonElement);
  #api;
  #saved;
  /** @type {Settings} */
  #settings = new Map();
  /** @type {string[]} */
  #listed = [];
  /** Whether the person has begun to change something. */
  #isDirty = false;
  /** @type {AbortController | null} */
  #testing = null;

  /**
   * @param {ModelCard} card
   * @param {ModelsApi} api
   * @param {(settings: Settings) => void} saved
   */
  constructor(card, api, saved) {
    this.#api = api;
    this.#saved = saved;
    const form = byId('brain-form', HTMLFormElement);
    form.addEventListener('input', () => this.#changed());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void card.attempt(() => this.#use());
    });
    this.#where.addEventListener('change', () => this.#relist());
    this.#url.addEventListener('change', () => this.#relist());
    byId('brain-list', HTMLButtonElement).addEventListener('click', () => this.#list());
    this.#test.addEventListener('click', () => void (this.#testing ? this.#testing.abort() : this.#try()));
    this.#forget.addEventListener('click', () => void this.#forgetKey());
    byId('brain-change', HTMLDetailsElement).addEventListener('toggle', () => {
      if (this.#listed.length === 0 && byId('brain-change', HTMLDetailsElement).open) void this.#list(true);
    });
  }

  /** @param {Settings} settings */
  render(settings) {
    this.#settings = settings;
    if (!this.#isDirty) {
      const url = this.#set('llm_url');
      this.#where.value = url === '' || url === BUILT_IN ? url : 'server';
      this.#url.value = url === BUILT_IN ? '' : url;
      this.#offer(this.#set('llm_model'));
    }
    this.#lock(this.#where, 'llm_url');
    this.#lock(this.#url, 'llm_url');
    this.#lock(this.#key, 'llm_key');
    this.#lock(this.#model, 'llm_model');
    this.#show();
  }

  /** The address that is chosen: '' for whatever runs on this machine. */
  get #address() {
    return this.#where.value === 'server' ? this.#url.value.trim() : this.#where.value;
  }

  get #chosenModel() {
    return this.#model.value === BY_NAME ? this.#name.value.trim() : this.#model.value;
  }

  #changed() {
    this.#isDirty = true;
    this.#say('');
    this.#show();
  }

  #show() {
    byId('brain-server', HTMLElement).hidden = this.#where.value !== 'server';
    byId('brain-which', HTMLElement).hidden = this.#where.value === BUILT_IN;
    this.#test.hidden = this.#where.value === BUILT_IN;
    this.#url.required = this.#where.value === 'server';
    this.#name.hidden = this.#model.value !== BY_NAME;
    const fixed = (/** @type {string} */ name) => this.#settings.get(name)?.why_fixed ?? '';
    note('brain-where', fixed('llm_url'));
    note('brain-model', fixed('llm_model'));
    const isSame = this.#address === this.#set('llm_url');
    const isKept = Boolean(this.#settings.get('llm_key')?.is_set);
    const keptFor = this.#settings.get('llm_key')?.kept_for ?? '';
    byId('brain-kept-key', HTMLElement).hidden = keptFor === '' || fixed('llm_key') !== '';
    setText(byId('brain-kept-key-words', HTMLElement), `A key for ${keptFor} is kept.`);
    this.#key.placeholder = isKept && isSame ? 'kept' : 'none';
    const whose = isKept && !isSame ? 'The key that is kept is for the other server only. ' : '';
    const what = 'It stays with VOX: it is sent to this server, and never shown again.';
    note('brain-key', fixed('llm_key') || whose + what);
    offerToSend(byId('brain-form', HTMLFormElement));
  }

  /** Another server has other models. */
  #relist() {
    this.#listed = [];
    this.#offer('');
    void this.#list(true);
  }

  /** @param {boolean} [quietly] whether nobody has pressed for it */
  async #list(quietly = false) {
    const address = this.#address;
    if (address === BUILT_IN || (this.#where.value === 'server' && !address)) return;
    if (!quietly) this.#say('Asking for the models…');
    try {
      const { models } = await this.#api.brainModels(address, this.#key.value);
      if (address !== this.#address) return;
      this.#listed = models;
      this.#offer(this.#chosenModel);
      const none = address ? 'It lists no models.' : 'No server was found on this machine.';
      const many = models.length === 1 ? 'It has 1 model.' : `It has ${models.length} models.`;
      if (!quietly) this.#say(models.length === 0 ? none : many);
    } catch (problem) {
      if (!quietly) this.#say(sentence(problem), 'problem');
    }
    this.#show();
  }

  /** @param {string} chosen */
  #offer(chosen) {
    const names = chosen && !this.#listed.includes(chosen) ? [chosen, ...this.#listed] : this.#listed;
    const options = names.map((name) => ({ value: name, name, about: '' }));
    const first = { value: '', name: 'The first that chats', about: '' };
    const other = { value: BY_NAME, name: 'Another, by its name', about: '' };
    fill(this.#model, [first, ...options, other], chosen);
  }

  async #try() {
    this.#testing = new AbortController();
    setText(this.#test, 'Stop testing');
    this.#say('Testing… A server that has to load its model takes a while.');
    try {
      const { signal } = this.#testing;
      const trial = await this.#api.testBrain(this.#address, this.#chosenModel, this.#key.value, signal);
      if (trial.models.length > 0) {
        this.#listed = trial.models;
        this.#offer(this.#chosenModel);
      }
      this.#say(trialWords(trial), trial.ok ? 'good' : 'problem');
    } catch (problem) {
      const stopped = problem instanceof DOMException && problem.name === 'AbortError';
      this.#say(stopped ? 'The test was stopped.' : sentence(problem), stopped ? '' : 'problem');
    }
    this.#testing = null;
    setText(this.#test, 'Test connection');
  }

  async #use() {
    /** @type {Values} */
    const values = {};
    if (!this.#where.disabled) values.llm_url = this.#address;
    if (!this.#model.disabled) values.llm_model = this.#address === BUILT_IN ? '' : this.#chosenModel;
    const hasKey = this.#where.value === 'server' && this.#key.value !== '' && !this.#key.disabled;
    if (hasKey) values.llm_key = this.#key.value;
    await this.#api.switchTo('llm', values);
    this.#key.value = '';
    this.#isDirty = false;
    this.#say('');
  }

  async #forgetKey() {
    this.#forget.disabled = true;
    try {
      this.#saved(await this.#api.save({ llm_key: null }));
      (this.#where.disabled ? this.#key : this.#where).focus();
      announce('The key is forgotten.');
    } catch (problem) {
      this.#say(sentence(problem), 'problem');
    }
    this.#forget.disabled = false;
  }

  /**
   * @param {string} text
   * @param {'' | 'good' | 'problem'} [how]
   */
  #say(text, how = '') {
    setText(this.#result, text);
    this.#result.dataset.how = how;
  }

  /** @param {string} name of a setting that is a text */
  #set(name) {
    const value = this.#settings.get(name)?.value;
    return typeof value === 'string' ? value : '';
  }

  /**
   * @param {HTMLInputElement | HTMLSelectElement} field
   * @param {string} name of its setting
   */
  #lock(field, name) {
    field.disabled = this.#settings.get(name)?.fixed ?? false;
  }
}

/**
 * @param {string} id of a field
 * @param {string} text under it
 */
function note(id, text) {
  const where = byId(`${id}-note`, HTMLElement);
  setText(where, text);
  where.hidden = text === '';
}

/** @param {unknown} problem */
function sentence(problem) {
  return problem instanceof Error ? problem.message : String(problem);
}
