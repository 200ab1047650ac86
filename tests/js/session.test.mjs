import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { statusWord } from '../../static/vox/conversation/status.js';
import { toBase64 } from '../../static/vox/pcm.js';
import { Session } from '../../static/vox/session.js';
import { MODELS } from './a-session.mjs';
import { FakeAudioContext, FakeMicrophone, FakeSocket, settle } from './fakes.mjs';


/** @type {Session} */
let session;
/** @type {FakeSocket} */
let socket;
/** @type {FakeAudioContext} */
let context;
/** @type {FakeMicrophone[]} */
let microphones = [];
/** @type {string[]} */
let givenBack = [];

beforeEach(() => {
  globalThis.WebSocket = /** @type {any} */ (FakeSocket);
  FakeSocket.made = [];
  microphones = [];
  givenBack = [];
  context = new FakeAudioContext();
  session = new Session({
    address: 'ws://vox',
    changed() {},
    level() {},
    giveBack: (text) => givenBack.push(text),
    createContext: () => /** @type {any} */ (context),
    openMicrophone: async () => {
      microphones.push(new FakeMicrophone());
      return /** @type {any} */ (microphones.at(-1));
    },
  });
  session.socket.connect();
  connect();
});

function connect() {
  socket = /** @type {FakeSocket} */ (FakeSocket.made.at(-1));
  socket.onopen();
  socket.say({ type: 'session.created' });
  socket.say(MODELS);
}

/** Everything sent since the last look. */
function sent() {
  return socket.sent.splice(0);
}

function types() {
  return sent().map(({ type }) => type);
}

async function record(frames = 10) {
  session.talk();
  await settle();
  for (let i = 0; i < frames; i++) microphones.at(-1)?.hear();
}

async function finish() {
  session.talk();
  await settle();
  microphones.at(-1)?.flushed();
  await settle();
}

/** The server begins to speak: a second of sound, of which `heardMs` is played. */
function answer(response = 'r1', item = 'a1', heardMs = 400) {
  socket.say({ type: 'response.created', response: { id: response } });
  socket.say({
    type: 'response.output_item.added',
    response_id: response,
    item: { id: item, role: 'assistant' },
  });
  say(response, item, 'Good evening to you.');
  sound(response, item);
  context.runTo(context.currentTime + 0.03 + heardMs / 1000);
}

function say(response, item, delta) {
  socket.say({ type: 'response.output_audio_transcript.delta', response_id: response, item_id: item, delta });
}

function sound(response, item) {
  const delta = toBase64(new Int16Array(24_000).fill(1000));
  socket.say({ type: 'response.output_audio.delta', response_id: response, item_id: item, delta });
}

function done(id, status) {
  socket.say({ type: 'response.done', response: { id, status } });
}

test('a recording streams while the person speaks, and is committed once', async () => {
  await record(3);
  assert.deepEqual(types(), ['session.update', ...Array(3).fill('input_audio_buffer.append')]);
  session.talk();
  session.talk();
  await settle();
  microphones[0].hear();
  microphones[0].hear();
  microphones[0].flushed();
  await settle();
  const end = ['input_audio_buffer.commit', 'response.create'];
  assert.deepEqual(types(), ['input_audio_buffer.append', 'input_audio_buffer.append', ...end]);
});

test('the rate is told once per connection', async () => {
  await record();
  await finish();
  assert.equal(sent()[0].session.audio.input.format.rate, 48_000);
  await record();
  assert.ok(!types().includes('session.update'));
});

test('Stop All while recording: nothing is committed, the microphone is off', async () => {
  await record();
  sent();
  session.stopAll();
  microphones[0].hear();
  await settle();
  assert.deepEqual(types(), ['input_audio_buffer.clear']);
  assert.equal(microphones[0].released, 1);
  assert.equal(statusWord(session.state), 'Stopped');
});

test('a slip of the finger is no recording', async () => {
  await record(2);
  sent();
  await finish();
  assert.deepEqual(types(), ['input_audio_buffer.clear']);
  assert.equal(session.state.notices.length, 1);
});

test('Stop generating: silence first, then cancel and what was heard', () => {
  session.send('Hello');
  answer('r1', 'a1', 400);
  sent();
  session.stopGenerating();
  assert.equal(session.player.activeAudio.size, 0);
  const [cancel, truncate, ...more] = sent();
  assert.deepEqual([cancel.type, cancel.response_id], ['response.cancel', 'r1']);
  assert.deepEqual(
    [truncate.type, truncate.item_id, truncate.audio_end_ms],
    ['conversation.item.truncate', 'a1', 400],
  );
  assert.deepEqual(more, []);
});

test('the loudspeaker is silent before the server is told', () => {
  session.send('Hello');
  answer();
  const sizes = [];
  socket.send = () => sizes.push(session.player.activeAudio.size);
  session.stopAll();
  assert.deepEqual(sizes, [0, 0]);
});

test('a thousand stops send one cancel, and the next turn works', () => {
  session.send('Hello');
  answer();
  sent();
  for (let i = 0; i < 1000; i++) {
    session.stopAll();
    session.stopGenerating();
  }
  assert.deepEqual(types(), ['response.cancel', 'conversation.item.truncate']);
  done('r1', 'cancelled');
  session.send('Again');
  answer('r2', 'a2');
  assert.equal(session.player.activeAudio.size, 1);
  assert.equal(statusWord(session.state), 'Speaking');
});

test('late sound and text of a stopped answer are dropped', () => {
  session.send('Hello');
  answer();
  session.stopAll();
  sound('r1', 'a1');
  say('r1', 'a1', ' More.');
  assert.equal(session.player.activeAudio.size, 0);
  assert.equal(session.state.messages[1].text, 'Good evening to you.');
});

test('stopped before the server has begun, the answer is cancelled and never heard', () => {
  session.send('Hello');
  sent();
  session.stopAll();
  session.stopAll();
  assert.deepEqual(
    sent().map(({ type, response_id: id }) => [type, id]),
    [['response.cancel', undefined]],
  );
  answer('r1', 'a1');
  assert.equal(session.player.activeAudio.size, 0);
  assert.equal(session.state.messages.length, 1);
  const [truncate] = sent();
  assert.deepEqual([truncate.type, truncate.audio_end_ms], ['conversation.item.truncate', 0]);
});

test('stopped when the server is done and only the sound goes on, there is nothing to cancel', () => {
  session.send('Hello');
  answer('r1', 'a1', 250);
  done('r1', 'completed');
  sent();
  session.stopGenerating();
  const [truncate, ...more] = sent();
  assert.deepEqual([truncate.type, truncate.audio_end_ms], ['conversation.item.truncate', 250]);
  assert.deepEqual(more, []);
  assert.equal(session.state.messages[1].state, 'stopped');
});

test('talking while it speaks ends the old turn before the new one', async () => {
  session.send('Hello');
  answer();
  sent();
  await record(1);
  const order = [
    'response.cancel',
    'conversation.item.truncate',
    'session.update',
    'input_audio_buffer.append',
  ];
  assert.deepEqual(types(), order);
  assert.equal(statusWord(session.state), 'Listening');
  assert.equal(session.state.messages[1].state, 'stopped');
});

test('typing while it speaks ends the old turn before the new one', () => {
  session.send('Hello');
  answer();
  sent();
  session.send('Wait');
  const order = [
    'response.cancel',
    'conversation.item.truncate',
    'conversation.item.create',
    'response.create',
  ];
  assert.deepEqual(types(), order);
});

test('a reply the server ends by itself falls silent, and is not cancelled again', () => {
  session.send('Hello');
  answer();
  sent();
  done('r1', 'cancelled');
  assert.equal(session.player.activeAudio.size, 0);
  assert.deepEqual(types(), ['conversation.item.truncate']);
  assert.equal(session.state.messages[1].state, 'stopped');
});

test('text that the server refuses is given back, and no reply is waited for', () => {
  session.send('Hello');
  const [create] = sent();
  socket.say({
    type: 'error',
    error: { code: 'too_long', message: 'That is too long.', event_id: create.event_id },
  });
  assert.deepEqual(givenBack, ['Hello']);
  assert.deepEqual(session.state.messages, []);
  assert.deepEqual(types(), ['response.cancel']);
});

test('text typed without a connection stays with the person', () => {
  socket.onclose({ code: 1006 });
  assert.equal(session.send('Hello'), false);
  assert.equal(session.state.messages.length, 0);
  session.socket.close();
});

test('text that was on its way when the connection was lost is given back', () => {
  session.send('Hello');
  socket.onclose({ code: 1006 });
  assert.deepEqual(givenBack, ['Hello']);
  assert.deepEqual(session.state.messages, []);
  session.socket.close();
});

test('when the connection is lost while recording, the microphone is off', async () => {
  await record();
  socket.onclose({ code: 1001 });
  assert.equal(microphones[0].released, 1);
  session.socket.close();
});

test('a new connection begins afresh: nothing is sent twice, the rate is told again', async () => {
  await record();
  await finish();
  socket.onclose({ code: 1006 });
  session.socket.hurry();
  connect();
  assert.deepEqual(socket.sent, []);
  await record(1);
  assert.deepEqual(types(), ['session.update', 'input_audio_buffer.append']);
});

test('what a closed socket still says is not listened to', () => {
  const old = socket;
  old.onclose({ code: 1006 });
  session.socket.hurry();
  connect();
  assert.equal(old.onmessage, null);
  assert.equal(FakeSocket.made.length, 2);
});

test('leaving the page turns everything off, and coming back begins afresh', async () => {
  session.send('Hello');
  answer();
  await record(1);
  session.leave();
  assert.equal(session.player.activeAudio.size, 0);
  assert.equal(microphones[0].released, 1);
  assert.ok(socket.closed);
  assert.equal(session.send('Too late'), false);
  session.socket.connect();
  connect();
  assert.equal(session.send('Here again'), true);
});
