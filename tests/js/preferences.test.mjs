import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { DEFAULTS, KEY, PreferenceStore, turnDetection } from '../../static/vox/preferences.js';

/** @type {Map<string, string>} */
let kept;
const storage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
};

function open() {
  return new PreferenceStore(() => storage);
}

beforeEach(() => {
  kept = new Map();
});

test('someone who never set anything has the defaults', () => {
  assert.deepEqual(open().get(), {
    sensitivity: 'normal',
    patience: 'normal',
    bargeIn: true,
    singleKeys: true,
    microphone: '',
    speaker: '',
  });
});

test('what was set is there on the next visit', () => {
  open().set({ patience: 'long', bargeIn: false, microphone: 'm1' });
  const { patience, bargeIn, microphone, sensitivity } = open().get();
  assert.deepEqual([patience, bargeIn, microphone, sensitivity], ['long', false, 'm1', 'normal']);
});

test('whatever else lies in the storage, each preference is one that there is', () => {
  for (const text of ['', '{', 'null', '7', '"long"', '[]', '{"patience": {}}']) {
    kept.set(KEY, text);
    assert.deepEqual(open().get(), DEFAULTS, text);
  }
  kept.set(KEY, '{"patience": "short", "sensitivity": "extreme", "bargeIn": "no", "speaker": 4, "x": 1}');
  assert.deepEqual(open().get(), { ...DEFAULTS, patience: 'short' });
});

test('where storage is forbidden they hold as long as the page', () => {
  const store = new PreferenceStore(() => {
    throw new DOMException('', 'SecurityError');
  });
  store.set({ sensitivity: 'high' });
  assert.equal(store.get().sensitivity, 'high');
});

test('listeners are told of changes, once each, and until they have heard enough', () => {
  const store = open();
  const told = [];
  const unsubscribe = store.subscribe(({ patience }) => told.push(patience));
  store.set({ patience: 'long' });
  store.set({ patience: 'long' });
  store.set({ patience: 'short' });
  unsubscribe();
  store.set({ patience: 'normal' });
  assert.deepEqual(told, ['long', 'short']);
});

test('a change in another tab is a change here', () => {
  const [here, there] = [open(), open()];
  const told = [];
  here.subscribe(({ speaker }) => told.push(speaker));
  there.set({ speaker: 's1' });
  here.stored({ key: KEY, newValue: kept.get(KEY) ?? null });
  here.stored({ key: 'vox.theme', newValue: 'dark' });
  assert.deepEqual(told, ['s1']);
  here.stored({ key: null, newValue: null });
  assert.deepEqual(here.get(), DEFAULTS);
});

test('the more patient, the less eager; the more sensitive, the fainter a voice may be', () => {
  const wire = (changes) => turnDetection({ ...DEFAULTS, ...changes });
  assert.deepEqual(turnDetection(DEFAULTS), {
    type: 'semantic_vad',
    eagerness: 'auto',
    threshold: 0.5,
    create_response: true,
    interrupt_response: true,
  });
  assert.deepEqual([wire({ patience: 'short' }).eagerness, wire({ patience: 'long' }).eagerness], ['high', 'low']);
  assert.ok(wire({ sensitivity: 'high' }).threshold < wire({ sensitivity: 'normal' }).threshold);
  assert.ok(wire({ sensitivity: 'low' }).threshold > wire({ sensitivity: 'normal' }).threshold);
  assert.equal(wire({ bargeIn: false }).interrupt_response, false);
});
