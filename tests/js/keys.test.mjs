import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { preferences } from '../../static/vox/preferences.js';
import { inUse, pushToTalk, shortcut } from '../../static/vox/view/keys.js';
import { ALL, ariaKeys, keyCaps, keyWords, shortcutNamed } from '../../static/vox/view/shortcuts.js';

/** An element that is inside whatever `selectors` name. */
class FakeElement {
  constructor(...inside) {
    this.inside = inside;
  }

  closest(selector) {
    return selector.split(', ').some((one) => this.inside.includes(one)) ? this : null;
  }
}

/** @type {Record<string, Function[]>} */
let listeners;
let openDialog = null;
/** @type {Record<string, string>} what the controls say of their keys, by their ids */
let announced;
/** @type {string[]} */
let log = [];
let begins = true;

beforeEach(() => {
  listeners = {};
  log = [];
  begins = true;
  openDialog = null;
  announced = {};
  preferences.set({ singleKeys: true });
  const listen = (type, listener) => (listeners[type] ??= []).push(listener);
  globalThis.Element = /** @type {any} */ (FakeElement);
  globalThis.document = /** @type {any} */ ({
    addEventListener: listen,
    querySelector: () => openDialog,
    getElementById: (id) => ({ setAttribute: (_name, keys) => (announced[id] = keys) }),
  });
  globalThis.addEventListener = /** @type {any} */ (listen);
  pushToTalk(
    () => {
      log.push('down');
      return begins;
    },
    () => log.push('up'),
  );
  for (const name of ['mute', 'shortcuts', 'stop-all']) shortcut(name, () => log.push(name));
});

function tell(type, event) {
  for (const listener of listeners[type]) listener(event);
}

/** @returns {boolean} whether the browser does what it does with this key */
function press(key, { target = new FakeElement(), ...more } = {}) {
  let prevented = false;
  const event = { key, target, repeat: false, preventDefault: () => (prevented = true), ...more };
  tell('keydown', event);
  return !prevented;
}

function release(key) {
  tell('keyup', { key });
}

test('held, it talks; let go, it has finished', () => {
  assert.equal(press(' '), false);
  for (let i = 0; i < 20; i++) assert.equal(press(' ', { repeat: true }), false);
  release(' ');
  release(' ');
  assert.deepEqual(log, ['down', 'up']);
});

test('where the space bar has a meaning of its own it keeps it', () => {
  for (const inside of ['textarea', 'button', '[role="switch"]', '[contenteditable]', 'select']) {
    assert.equal(press(' ', { target: new FakeElement(inside) }), true);
  }
  openDialog = new FakeElement('dialog');
  press(' ');
  assert.deepEqual(log, []);
});

test('with a modifier, or in the middle of a character, it is another key', () => {
  for (const key of ['ctrlKey', 'altKey', 'metaKey', 'shiftKey', 'isComposing']) press(' ', { [key]: true });
  assert.deepEqual(log, []);
});

test('let go in another window, it has finished too', () => {
  press(' ');
  tell('blur', {});
  release(' ');
  assert.deepEqual(log, ['down', 'up']);
});

test('a press that began nothing ends nothing', () => {
  begins = false;
  press(' ');
  release(' ');
  assert.deepEqual(log, ['down']);
});

test('M mutes, on a button too, but not where one types', () => {
  assert.equal(press('m'), false);
  press('M');
  press('m', { repeat: true });
  press('m', { target: new FakeElement('button') });
  assert.equal(press('m', { target: new FakeElement('textarea') }), true);
  press('m', { ctrlKey: true });
  press('M', { shiftKey: true });
  assert.deepEqual(log, ['mute', 'mute', 'mute']);
});

test('a sign is the same key wherever the keyboard has it', () => {
  press('?', { shiftKey: true });
  press('?');
  press('?', { ctrlKey: true });
  assert.deepEqual(log, ['shortcuts', 'shortcuts']);
});

test('Escape stops everything, while one types too, but in a dialog it closes that', () => {
  press('Escape', { target: new FakeElement('textarea') });
  press('Escape', { shiftKey: true });
  press('Escape', { isComposing: true });
  openDialog = new FakeElement('dialog');
  press('Escape');
  assert.deepEqual(log, ['stop-all', 'stop-all']);
});

test('who switches single keys off keeps the space bar and Escape', () => {
  preferences.set({ singleKeys: false });
  for (const key of ['m', '?', ' ', 'Escape']) press(key);
  assert.deepEqual(log, ['down', 'stop-all']);
});

test('each control says its key', () => {
  assert.deepEqual(announced, { talk: 'Space', mute: 'M', 'open-shortcuts': '?', 'stop-all': 'Escape' });
});

test('no key stands for two things, and none is listened for that the list does not have', () => {
  assert.equal(new Set(ALL.map(({ key }) => key)).size, ALL.length);
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length);
  assert.throws(() => shortcut('dance', () => {}));
  for (const name of inUse) assert.ok(shortcutNamed(name).does);
});

test('keys are called as they are on the keyboard', () => {
  const called = (name) => keyCaps(shortcutNamed(name));
  assert.deepEqual(['talk', 'mute', 'stop-all', 'new-line'].map(called), [
    ['Space'],
    ['M'],
    ['Esc'],
    ['Shift', 'Enter'],
  ]);
  assert.equal(ariaKeys(shortcutNamed('new-line')), 'Shift+Enter');

  const undo = shortcutNamed('undo');
  assert.deepEqual([keyCaps(undo, false), keyCaps(undo, true)], [['Ctrl', 'Z'], ['⌘', 'Z']]);
  assert.deepEqual([keyWords(undo, false), keyWords(undo, true)], ['Ctrl+Z', '⌘Z']);
  assert.equal(keyWords(shortcutNamed('new-line'), true), 'Shift+Enter');
});
