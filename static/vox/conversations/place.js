// @ts-check
// The address bar: /c/<id>#<message> while a conversation is open, / while a new one has nothing to keep.

/**
 * @typedef {object} Place
 * @property {string | null} id of a conversation; null for a new one
 * @property {string | null} messageId of a message to go to
 */

const PATH = /^\/c\/([^/]+)\/?$/;

/**
 * @param {Pick<Location, 'pathname' | 'hash'>} location
 * @returns {Place}
 */
export function placeOf({ pathname, hash }) {
  const id = decoded(PATH.exec(pathname)?.[1] ?? '');
  return id === '' ? { id: null, messageId: null } : { id, messageId: decoded(hash.slice(1)) || null };
}

/** @param {Place} place */
export function addressOf({ id, messageId }) {
  if (id === null) return '/';
  return `/c/${encodeURIComponent(id)}${messageId === null ? '' : `#${encodeURIComponent(messageId)}`}`;
}

export class AddressBar {
  /**
   * @param {Pick<Window, 'location' | 'history' | 'addEventListener'>} window
   * @param {(place: Place) => void} moved somebody went back or forward
   */
  constructor(window, moved) {
    this.window = window;
    window.addEventListener('popstate', () => moved(this.place));
  }

  get place() {
    return placeOf(this.window.location);
  }

  /**
   * Go there, so that "back" leads here again.
   * @param {Place} place
   */
  go(place) {
    const address = addressOf(place);
    if (address === addressOf(this.place)) return;
    this.window.history.pushState(null, '', address);
  }

  /**
   * This is where one is.
   * @param {Place} place
   */
  be(place) {
    this.window.history.replaceState(null, '', addressOf(place));
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
