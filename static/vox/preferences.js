// @ts-check
// What the person set about talking, kept in this browser and the same in all its tabs.

/**
 * @typedef {object} Preferences
 * @property {'low' | 'normal' | 'high'} sensitivity how faint a sound counts as a voice
 * @property {'short' | 'normal' | 'long'} patience how long a silence may be before it ends a turn
 * @property {boolean} bargeIn whether speaking interrupts VOX
 * @property {boolean} singleKeys whether single characters are shortcuts; who dictates to the computer
 *   wants them not to be
 * @property {string} microphone the device's id; '' for the browser's default
 * @property {string} speaker
 */

/** Where they are kept; the number rises when what is kept changes its meaning. */
export const KEY = 'vox.preferences.1';

/** @type {Preferences} */
export const DEFAULTS = {
  sensitivity: 'normal',
  patience: 'normal',
  bargeIn: true,
  singleKeys: true,
  microphone: '',
  speaker: '',
};

const CHOICES = { sensitivity: ['low', 'normal', 'high'], patience: ['short', 'normal', 'long'] };

/** @type {Record<Preferences['sensitivity'], number>} probability from which on a sound is a voice */
const THRESHOLDS = { high: 0.35, normal: 0.5, low: 0.7 };

/** @type {Record<Preferences['patience'], 'high' | 'auto' | 'low'>} */
const EAGERNESS = { short: 'high', normal: 'auto', long: 'low' };

/** The one owner of the preferences. */
export class PreferenceStore {
  #current = DEFAULTS;
  /** @type {Set<(preferences: Preferences) => void>} */
  #listeners = new Set();

  /** @param {() => Storage} storage throws where the browser forbids it */
  constructor(storage) {
    this.storage = storage;
    this.#current = parsed(this.#read());
  }

  /** @returns {Preferences} */
  get() {
    return this.#current;
  }

  /** @param {Partial<Preferences>} changes */
  set(changes) {
    const next = checked({ ...this.#current, ...changes });
    if (same(next, this.#current)) return;
    try {
      this.storage().setItem(KEY, JSON.stringify(next));
    } catch {
      // Storage is blocked or full: they hold as long as the page.
    }
    this.#adopt(next);
  }

  /**
   * @param {(preferences: Preferences) => void} listener told after each change, here or in another tab
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Another tab wrote.
   * @param {Pick<StorageEvent, 'key' | 'newValue'>} event its key is null when all was cleared
   */
  stored({ key, newValue }) {
    if (key === KEY || key === null) this.#adopt(parsed(newValue));
  }

  /** @param {Preferences} next */
  #adopt(next) {
    if (same(next, this.#current)) return;
    this.#current = next;
    for (const listener of [...this.#listeners]) listener(next);
  }

  #read() {
    try {
      return this.storage().getItem(KEY);
    } catch {
      return null;
    }
  }
}

export const preferences = new PreferenceStore(() => localStorage);
globalThis.addEventListener?.('storage', (event) => preferences.stored(event));

/**
 * What the server is told of them.
 * @param {Preferences} given
 */
export function turnDetection({ sensitivity, patience, bargeIn }) {
  return {
    type: /** @type {const} */ ('semantic_vad'),
    eagerness: EAGERNESS[patience],
    threshold: THRESHOLDS[sensitivity],
    create_response: true,
    interrupt_response: bargeIn,
  };
}

/**
 * @param {string | null} text as it was kept, or by whatever else
 * @returns {Preferences}
 */
function parsed(text) {
  try {
    return checked(JSON.parse(text ?? 'null'));
  } catch {
    return DEFAULTS;
  }
}

/**
 * @param {any} given
 * @returns {Preferences} with the default in place of everything that cannot be
 */
function checked(given) {
  const { sensitivity, patience, bargeIn, singleKeys, microphone, speaker } = given ?? {};
  return {
    sensitivity: CHOICES.sensitivity.includes(sensitivity) ? sensitivity : DEFAULTS.sensitivity,
    patience: CHOICES.patience.includes(patience) ? patience : DEFAULTS.patience,
    bargeIn: typeof bargeIn === 'boolean' ? bargeIn : DEFAULTS.bargeIn,
    singleKeys: typeof singleKeys === 'boolean' ? singleKeys : DEFAULTS.singleKeys,
    microphone: typeof microphone === 'string' ? microphone : DEFAULTS.microphone,
    speaker: typeof speaker === 'string' ? speaker : DEFAULTS.speaker,
  };
}

/**
 * @param {Preferences} a
 * @param {Preferences} b
 */
function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
