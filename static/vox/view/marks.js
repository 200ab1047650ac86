// @ts-check
// Marks on a message's words, made with the CSS Custom Highlight API: the text stays one node that
// only grows, so nothing is laid out or read out again. Browsers without it show plain text.

/**
 * @typedef {object} Mark
 * @property {(text: Text, start: number, end: number) => void} set replaces this text's mark
 * @property {(text: Text) => void} clear
 */

/** The words being spoken. */
export const speaking = mark('vox-speaking');

/** What was never spoken of an answer cut off. */
export const unspoken = mark('vox-unspoken');

/**
 * @param {string} name as in CSS ::highlight(name)
 * @returns {Mark}
 */
function mark(name) {
  if (typeof Highlight === 'undefined' || !CSS.highlights) return { set() {}, clear() {} };
  const highlight = new Highlight();
  CSS.highlights.set(name, highlight);
  /** @type {WeakMap<Text, Range>} */
  const ranges = new WeakMap();

  /** @param {Text} text */
  function clear(text) {
    const range = ranges.get(text);
    if (range) highlight.delete(range);
  }

  return {
    clear,
    set(text, start, end) {
      clear(text);
      if (start >= end) return;
      const range = new Range();
      range.setStart(text, Math.min(start, text.length));
      range.setEnd(text, Math.min(end, text.length));
      ranges.set(text, range);
      highlight.add(range);
    },
  };
}
