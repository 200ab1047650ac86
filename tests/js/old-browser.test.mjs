import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const SCRIPT = readFileSync(new URL('../../static/vox/old-browser.js', import.meta.url), 'utf8');

class Script {}
class Dialog {}
Dialog.prototype.showModal = () => {};

/** A window, as small as the script needs it; `without` is what it lacks. */
function browser(without = []) {
  const has = (name) => !without.includes(name);
  const root = { attributes: [], setAttribute: (name) => root.attributes.push(name) };
  const place = { hidden: true, lines: [], appendChild: (line) => place.lines.push(line.text) };
  Object.defineProperty(place, 'textContent', { set: () => (place.lines = []) });
  const document = {
    documentElement: root,
    getElementById: () => place,
    createElement: (tag) => ({
      ...(tag === 'script' && has('modules') && { noModule: false }),
      appendChild(text) {
        this.text = text;
      },
    }),
    createTextNode: (text) => text,
  };
  const window = {
    document,
    listeners: {},
    addEventListener: (type, listener) => (window.listeners[type] = listener),
    ErrorEvent: class {},
    HTMLScriptElement: Script,
    isSecureContext: has('a secure context'),
    ...(has('AudioWorklet') && { AudioWorklet: class {} }),
    ...(has('dialogs') && { HTMLDialogElement: Dialog }),
    ...(has('sockets') && { WebSocket: class {} }),
    ...(has('CSS') && { CSS: { supports: () => has('light-dark') } }),
  };
  window.window = window;
  runInContext(SCRIPT, createContext(window));
  return { place, root, window };
}

test('a browser that has it all is told nothing', () => {
  const { place, root } = browser();
  assert.deepEqual([place.hidden, place.lines, root.attributes], [true, [], []]);
});

test('on a page that is not secure nobody calls a browser old for lack of a microphone', () => {
  assert.equal(browser(['AudioWorklet', 'a secure context']).place.hidden, true);
});

for (const [lacks, named] of [
  ['modules', /JavaScript modules/],
  ['AudioWorklet', /AudioWorklet/],
  ['dialogs', /dialogs/],
  ['sockets', /WebSockets/],
  ['CSS', /light and dark/],
  ['light-dark', /light and dark/],
]) {
  test(`a browser without ${lacks} is told what to do`, () => {
    const { place, root } = browser([lacks]);
    assert.equal(place.hidden, false);
    assert.deepEqual(root.attributes, ['data-cannot-run']);
    assert.match(place.lines.join(' '), /Update it, or open this address in a current Firefox/);
    assert.match(place.lines.at(-1), named);
  });
}

test('old browsers can read it: nothing in it is newer than 2011', () => {
  const code = SCRIPT.replaceAll(/\/\/.*|\/\*[^]*?\*\//g, '').replaceAll(/'[^'\n]*'/g, "''");
  assert.deepEqual(code.match(/=>|`|\?\.|\?\?|\b(const|let|class|import|async|await|of)\b|\.\.\./g), null);
});
