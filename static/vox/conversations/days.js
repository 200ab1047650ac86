// @ts-check
// Days as one speaks of them, in the person's own time zone.

// The page is in English; how a date is written differs from one English to the other.
const ENGLISH = globalThis.navigator?.languages?.find((language) => language.startsWith('en')) ?? 'en-GB';

const WEEKDAY = new Intl.DateTimeFormat(ENGLISH, { weekday: 'long' });
const DATE = new Intl.DateTimeFormat(ENGLISH, { weekday: 'short', day: 'numeric', month: 'long' });
const DATE_AND_YEAR = new Intl.DateTimeFormat(ENGLISH, { day: 'numeric', month: 'long', year: 'numeric' });
const TIME = new Intl.DateTimeFormat(ENGLISH, { hour: 'numeric', minute: '2-digit' });
const MOMENT = new Intl.DateTimeFormat(ENGLISH, { dateStyle: 'full', timeStyle: 'short' });

/**
 * A day as a number that is the same all day long, and larger by one the day after.
 * @param {number} time in milliseconds since 1970
 */
export function dayOf(time) {
  const date = new Date(time);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/**
 * @param {number} time
 * @param {number} now
 */
export function dayName(time, now) {
  const ago = dayOf(now) - dayOf(time);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  if (ago > 1 && ago < 7) return WEEKDAY.format(time);
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DATE : DATE_AND_YEAR).format(time);
}

/** @param {number} time */
export function timeOfDay(time) {
  return TIME.format(time);
}

/** @param {number} time */
export function moment(time) {
  return MOMENT.format(time);
}

/**
 * @template T
 * @typedef {object} Day
 * @property {string} name
 * @property {T[]} entries
 */

/**
 * @template T
 * @param {readonly T[]} entries
 * @param {(entry: T) => number} timeOf
 * @param {number} now
 * @returns {Day<T>[]} in the entries' order
 */
export function byDay(entries, timeOf, now) {
  /** @type {Day<T>[]} */
  const days = [];
  let last = NaN;
  for (const entry of entries) {
    const day = dayOf(timeOf(entry));
    if (day !== last) days.push({ name: dayName(timeOf(entry), now), entries: [] });
    days[days.length - 1].entries.push(entry);
    last = day;
  }
  return days;
}
