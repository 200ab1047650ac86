import assert from 'node:assert/strict';
import { test } from 'node:test';

import { phraseAt, spokenEnd } from '../../static/vox/conversation/phrases.js';

const text = 'One two three. Four five six.';
const phrases = [
  { start: 0, end: 14, at: 0 },
  { start: 15, end: 29, at: 1400 },
];

/** What was spoken of the text when so much of its sound was heard. */
function spoken(heardMs, totalMs = 2800) {
  return text.slice(0, spokenEnd({ text, phrases }, { heardMs, totalMs }));
}

test('a phrase sounds from its start until the next one begins', () => {
  assert.equal(phraseAt(phrases, 0), phrases[0]);
  assert.equal(phraseAt(phrases, 1399), phrases[0]);
  assert.equal(phraseAt(phrases, 1400), phrases[1]);
  assert.equal(phraseAt(phrases, 99_999), phrases[1]);
  assert.equal(phraseAt([], 10), null);
});

test('nothing heard is nothing spoken', () => {
  assert.equal(spokenEnd({ text, phrases }, undefined), 0);
  assert.equal(spoken(0), '');
});

test('a phrase cut off ends with the word it was cut in', () => {
  assert.equal(spoken(200), 'One');
  assert.equal(spoken(500), 'One two');
  assert.equal(spoken(1200), 'One two three.');
  assert.equal(spoken(1800), 'One two three. Four');
});

test('all heard is all spoken', () => {
  assert.equal(spoken(2800), text);
});

test('text that was written but had no sound yet is not spoken', () => {
  const longer = `${text} Seven.`;
  assert.equal(spokenEnd({ text: longer, phrases }, { heardMs: 2800, totalMs: 2800 }), 29);
});
