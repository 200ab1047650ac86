// @ts-check
// Changes to the list of messages; each gives a new list and leaves untouched messages as they are,
// so that the view can see by identity what to draw again.

/** @import {Message} from './state.js' */

/**
 * @param {readonly Message[]} messages
 * @param {string} id
 */
export function find(messages, id) {
  return messages.findLast((message) => message.id === id);
}

/**
 * @param {readonly Message[]} messages
 * @param {string} id
 * @param {(message: Message) => Partial<Message>} change
 * @returns {readonly Message[]} the same list when there is no such message
 */
export function change(messages, id, change) {
  const at = messages.findLastIndex((message) => message.id === id);
  if (at === -1) return messages;
  return messages.with(at, { ...messages[at], ...change(messages[at]) });
}

/**
 * @param {readonly Message[]} messages
 * @param {(message: Message) => boolean} which
 * @param {(message: Message) => Partial<Message>} change
 * @returns {readonly Message[]}
 */
export function changeAll(messages, which, change) {
  return messages.map((message) => (which(message) ? { ...message, ...change(message) } : message));
}

/**
 * @param {readonly Message[]} messages
 * @param {(message: Message) => boolean} which
 * @returns {readonly Message[]}
 */
export function without(messages, which) {
  return messages.some(which) ? messages.filter((message) => !which(message)) : messages;
}

/**
 * The messages, with the time of day on those that are new.
 * @param {readonly Message[]} messages
 * @param {number} now by performance.now()
 */
export function dated(messages, now) {
  const at = Math.round(performance.timeOrigin + now);
  const isNew = (/** @type {Message} */ message) => message.at === null;
  return messages.some(isNew) ? changeAll(messages, isNew, () => ({ at })) : messages;
}
