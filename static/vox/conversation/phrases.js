// @ts-check
// Where in a reply's text the voice is.

/** @import {Heard, Message, Phrase} from './state.js' */

/**
 * The phrase that sounds at `ms` into the reply's sound.
 * @param {readonly Phrase[]} phrases in the order they are spoken
 * @param {number} ms
 * @returns {Phrase | null}
 */
export function phraseAt(phrases, ms) {
  return phrases.findLast((phrase) => phrase.at <= ms) ?? null;
}

/**
 * Where the text ends that was spoken of a reply cut off. Inside the phrase that was cut, words
 * are counted evenly over its sound; a word begun counts as spoken.
 * @param {Pick<Message, 'text' | 'phrases'>} message
 * @param {Heard | undefined} heard undefined when there was no sound of it at all
 * @returns {number} UTF-16 offset
 */
export function spokenEnd({ text, phrases }, heard) {
  if (heard === undefined || heard.heardMs <= 0) return 0;
  const { heardMs, totalMs } = heard;
  const phrase = phraseAt(phrases, heardMs);
  if (phrase === null) return 0;
  const next = phrases[phrases.indexOf(phrase) + 1];
  const length = (next?.at ?? totalMs) - phrase.at;
  const share = length > 0 ? Math.min(1, (heardMs - phrase.at) / length) : 1;
  if (share === 1) return phrase.end;
  const reached = phrase.start + Math.floor((phrase.end - phrase.start) * share);
  const space = text.slice(reached, phrase.end).search(/\s/);
  return space === -1 ? phrase.end : reached + space;
}
