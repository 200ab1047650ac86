import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Dictation } from '../../static/vox/dictation.js';
import { Input } from '../../static/vox/input.js';
import { FakeMicrophone, settle } from './fakes.mjs';

/** What the person answers when the browser asks for the microphone. */
let asked = [];
/** What is told and sent, in order. */
let log = [];
/** @type {Dictation} */
let dictation;

beforeEach(() => {
  asked = [];
  log = [];
  const socket = {
    send(event) {
      log.push(event.type === 'session.update' ? event.session.audio.input.format.rate : event.type);
      return 'id';
    },
  };
  const input = new Input(
    /** @type {any} */ (socket),
    { level() {}, quiet() {} },
    () => new Promise((allow, deny) => asked.push({ allow, deny })),
  );
  const conversation = {
    dispatch: ({ type, phase }) => type === 'page.recording' && log.push(phase),
    notice: (_level, _code, text) => log.push(text),
  };
  dictation = new Dictation(/** @type {any} */ (conversation), /** @type {any} */ (socket), input);
});

async function allow(microphone = new FakeMicrophone()) {
  asked.at(-1).allow(microphone);
  await settle();
  return microphone;
}

function appends() {
  return log.filter((entry) => entry === 'input_audio_buffer.append').length;
}

test('a recording begins with the rate, and ends once', async () => {
  dictation.start();
  const microphone = await allow();
  assert.deepEqual(log, ['starting', 48_000, 'on']);
  for (let i = 0; i < 10; i++) microphone.hear();
  log = [];
  dictation.finish();
  await settle();
  microphone.flushed();
  await settle();
  assert.deepEqual(log, ['finishing', 'input_audio_buffer.commit', 'response.create', 'off']);
  assert.equal(dictation.busy, false);
  assert.equal(microphone.released, 1);
});

test('pressed while one is under way, no second one begins', async () => {
  dictation.start();
  dictation.start();
  await allow();
  dictation.start();
  assert.equal(asked.length, 1);
});

test('a second press while the browser asks calls it off, and the microphone is off', async () => {
  dictation.start();
  dictation.finish();
  assert.deepEqual(log, ['starting', 'off']);
  const microphone = await allow();
  assert.equal(microphone.released, 1);
  assert.deepEqual(log, ['starting', 'off']);
});

test('called off and begun again, only the second one records', async () => {
  dictation.start();
  dictation.discard();
  dictation.start();
  const second = await allow();
  const late = new FakeMicrophone();
  asked[0].allow(late);
  await settle();
  second.hear();
  assert.deepEqual(log, ['starting', 'off', 'starting', 48_000, 'on', 'input_audio_buffer.append']);
  assert.equal(late.released, 1);
});

test('no permission is told once, and the next press asks again', async () => {
  dictation.start();
  asked[0].deny(Object.assign(new Error(), { name: 'NotAllowedError' }));
  await settle();
  assert.deepEqual(log.slice(0, 2), ['starting', 'off']);
  assert.match(log[2], /press Talk again\.$/);
  assert.equal(log.length, 3);
  dictation.start();
  await allow();
  assert.equal(log.at(-1), 'on');
});

test('frames of a discarded recording never reach the next one', async () => {
  dictation.start();
  const first = await allow();
  first.hear();
  dictation.discard();
  dictation.start();
  const second = await allow();
  first.hear();
  second.hear();
  assert.equal(appends(), 2);
  assert.equal(first.released, 1);
});

test('a recording that cannot begin leaves the microphone off', async () => {
  dictation.start();
  const microphone = new FakeMicrophone();
  microphone.start = () => {
    throw new Error('no worklet');
  };
  await allow(microphone);
  assert.equal(microphone.released, 1);
  assert.equal(dictation.busy, false);
  assert.match(log.at(-1), /couldn’t open the microphone/);
});
