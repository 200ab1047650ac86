import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { pushToTalk, shortcut } from '../../static/vox/view/keys.js';

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
/** @type {string[]} */
let log = [];
let begins = true;

beforeEach(() => {
  listeners = {};
  log = [];
  begins = true;
  openDialog = null;
  const listen = (type, listener) => (listeners[type] ??= []).push(listener);
  globalThis.Element = /** @type {any} */ (FakeElement);
  globalThis.document = /** @type {any} */ ({ addEventListener: listen, querySelector: () => openDialog });
  globalThis.addEventListener = /** @type {any} */ (listen);
  pushToTalk(
    () => {
      log.push('down');
      return begins;
    },
    () => log.push('up'),
  );
  shortcut('m', () => log.push('m'));
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
  press('m');
  press('M');
  press('m', { repeat: true });
  press('m', { target: new FakeElement('button') });
  press('m', { target: new FakeElement('textarea') });
  press('m', { ctrlKey: true });
  assert.deepEqual(log, ['m', 'm', 'm']);
});
