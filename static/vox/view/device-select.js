// @ts-check
// The choice of a microphone or a loudspeaker.

import { byId } from './dom.js';

/** Ids under which Chromium lists the system's own choice once more. */
const ALIASES = ['default', 'communications'];

/** @typedef {Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>} Device */

export class DeviceSelect {
  /** Id of the device; '' for the system's choice. */
  chosen = '';
  /** @type {Device[]} */
  #devices = [];

  /**
   * @param {string} id of the select; the words for when there is nothing to choose are `<id>-why`
   * @param {MediaDeviceKind} kind
   * @param {(deviceId: string) => void} choose
   */
  constructor(id, kind, choose) {
    this.kind = kind;
    this.select = byId(id, HTMLSelectElement);
    this.why = byId(`${id}-why`, HTMLElement);
    this.select.addEventListener('change', () => choose(this.select.value));
    this.#render();
  }

  /**
   * Whether this browser lets a page choose.
   * @param {boolean} possible
   */
  offer(possible) {
    this.select.hidden = !possible;
    this.why.hidden = possible;
  }

  /** @param {string} deviceId */
  choose(deviceId) {
    this.chosen = deviceId;
    this.#render();
  }

  /** @param {Device[]} devices of all kinds */
  list(devices) {
    this.#devices = choices(devices, this.kind);
    if (this.kind === 'audioinput') this.why.hidden = this.#devices.length > 0;
    this.#render();
  }

  #render() {
    const options = [new Option('System default', '')];
    for (const { deviceId, label } of this.#devices) options.push(new Option(label, deviceId));
    if (!options.some(({ value }) => value === this.chosen)) {
      options.push(new Option('The one you chose (not connected)', this.chosen));
    }
    // An open list must not be rebuilt under the person's hand.
    const shown = [...this.select.options].map(({ value, text }) => `${value} ${text}`).join('\n');
    const wanted = options.map(({ value, text }) => `${value} ${text}`).join('\n');
    if (shown !== wanted) this.select.replaceChildren(...options);
    this.select.value = this.chosen;
  }
}

/**
 * The devices of a kind that can be chosen: without a name and an id, as before the page may use the
 * microphone, there is nothing to choose by.
 * @param {Device[]} devices
 * @param {MediaDeviceKind} kind
 */
export function choices(devices, kind) {
  return devices.filter(
    (device) =>
      device.kind === kind &&
      device.deviceId !== '' &&
      device.label !== '' &&
      !ALIASES.includes(device.deviceId),
  );
}
