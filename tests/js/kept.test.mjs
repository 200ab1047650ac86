// How what the server keeps meets what the page shows.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Told } from './a-session.mjs';
import { FakeSocket, settle } from './fakes.mjs';

/** @type {Told} */
let told;

beforeEach(() => {
  told = new Told();
});

// It would go on trying to connect.
afterEach(() => told.session.socket.close());

function kept(id, role, text, more = {}) {
  const times = { created_at: '2026-11-20T10:00:00.000Z', ended_at: null };
  return { id, role, text, state: 'completed', error: null, is_audio: true, speech: null, ...times, ...more };
}

const QUESTION = kept('q', 'user', 'Who are you?');
const ANSWER = kept('a', 'assistant', 'I am VOX.');

/** The tab goes over to a conversation, whose messages come. */
function open(id, ...messages) {
  told.session.open(id);
  told.connect();
  conversation(id);
  fetched(id, ...messages);
}

function conversation(id, more = {}) {
  told.say({ type: 'vox.conversation', id, title: 'A talk', kept: true, deleted: false, ...more });
}

function fetched(id, ...messages) {
  told.session.conversation.dispatch({ type: 'page.kept', id, messages });
}

function fromOther(id, message, after) {
  told.say({ type: 'vox.message', conversation_id: id, message, after });
}

function states() {
  return told.state.messages.map(({ id, state, text }) => `${id} ${state} ${text}`);
}

function reconnect() {
  told.disconnect();
  told.session.socket.hurry();
  told.connect();
}

test('a kept conversation is shown as it was: done, stopped, failed with its reason, and when', () => {
  const cut = kept('b', 'assistant', 'It is', { state: 'interrupted', unheard: ' late.' });
  const failed = kept('c', 'assistant', '', { state: 'failed', error: 'The brain did not answer.' });
  open('conv_1', QUESTION, ANSWER, cut, failed, kept('s', 'system', 'Be brief.'));
  assert.deepEqual(states(), ['q done Who are you?', 'a done I am VOX.', 'b stopped It is late.', 'c failed ']);
  assert.equal(told.state.messages[2].spokenEnd, 'It is'.length);
  assert.equal(told.state.messages[3].note, 'The brain did not answer.');
  assert.equal(told.state.messages[0].at, Date.parse('2026-11-20T10:00:00Z'));
  assert.equal(told.state.opened.title, 'A talk');
});

test('opening another conversation silences the one before and asks for the other at the socket', () => {
  told.session.send('Tell me a story');
  told.say({ type: 'response.created', response: { id: 'r1' } });
  told.answer('r1', 'a1');
  const before = told.socket;
  told.session.open('conv_2');
  assert.equal(told.session.player.activeAudio.size, 0);
  assert.ok(before.types().includes('response.cancel'));
  assert.ok(before.closed);
  assert.match(told.socket.address, /&conversation=conv_2$/);
  assert.equal(FakeSocket.made.length, 2);
  assert.deepEqual(told.state.messages, []);
  assert.equal(told.state.notices.length, 0);
});

test('who is hands-free stays so in another conversation', async () => {
  await told.handsFree();
  open('conv_2', QUESTION);
  assert.equal(told.state.handsFree, 'on');
  const update = told.sent().find(({ type }) => type === 'session.update');
  assert.equal(update.session.audio.input.turn_detection.type, 'semantic_vad');
  assert.equal(told.microphone.isOpen, true);
});

test('a new conversation gets an id, by which the next connection finds it', () => {
  told.session.open(null);
  assert.match(told.socket.address, /&conversation=new$/);
  told.connect();
  conversation('conv_new', { title: null });
  assert.equal(told.state.opened.stage, 'open');
  reconnect();
  assert.match(told.socket.address, /&conversation=conv_new$/);
});

test('after a lost connection all stays in sight, and what was kept meanwhile comes to it', () => {
  open('conv_1', QUESTION, ANSWER);
  told.session.send('And where do you live?');
  told.say({ type: 'conversation.item.added', item: { id: told.state.messages[2].id, role: 'user' } });
  told.say({ type: 'response.created', response: { id: 'r1' } });
  told.answer('r1', 'a1');
  reconnect();
  conversation('conv_1');
  assert.equal(told.state.opened.stage, 'refreshing');
  assert.equal(told.state.messages.length, 4);
  const cut = kept('a1', 'assistant', 'Good evening', { state: 'interrupted' });
  fetched('conv_1', QUESTION, ANSWER, kept(told.state.messages[2].id, 'user', 'And where do you live?'), cut);
  assert.deepEqual(states().slice(2), [
    `${told.state.messages[2].id} done And where do you live?`,
    'a1 stopped Good evening',
  ]);
  assert.ok(told.state.messages.every(({ earlier }) => !earlier));
});

test('a session that begins another conversation knows nothing of what is shown', () => {
  open('conv_1', QUESTION, ANSWER);
  reconnect();
  conversation('conv_other');
  assert.ok(told.state.messages.every(({ earlier }) => earlier));
});

test('what another tab says appears in its place, grows, and is not stopped by this tab', () => {
  open('conv_1', QUESTION);
  fromOther('conv_1', kept('b', 'assistant', '', { state: 'in_progress' }), 'q');
  fromOther('conv_1', kept('b', 'assistant', 'I am', { state: 'in_progress' }), 'q');
  fromOther('conv_1', kept('m', 'user', 'Hm.'), 'q');
  told.session.stopAll();
  assert.deepEqual(states(), ['q done Who are you?', 'm done Hm.', 'b streaming I am']);
  fromOther('conv_1', kept('b', 'assistant', 'I am VOX.'), 'm');
  assert.equal(states()[2], 'b done I am VOX.');
  told.say({ type: 'conversation.item.deleted', item_id: 'm' });
  assert.equal(states().length, 2);
});

test('a message of another conversation is not shown here', () => {
  open('conv_1', QUESTION);
  fromOther('conv_9', ANSWER, 'q');
  assert.equal(states().length, 1);
});

test('a message of this tab keeps what is known of it here, and learns that its sound is kept', () => {
  open('conv_1');
  told.session.send('Hello');
  told.say({ type: 'response.created', response: { id: 'r1' } });
  told.answer('r1', 'a1');
  const speech = { duration_ms: 900, bytes: 4000 };
  fromOther('conv_1', kept('a1', 'assistant', 'Good evening', { speech }), null);
  const message = told.state.messages.at(-1);
  assert.equal(message.text, 'Good evening to you.');
  assert.equal(message.state, 'streaming');
  assert.deepEqual(message.speech, speech);
});

test('what was taken away elsewhere is gone after a reload of the list, what was said here stays', () => {
  open('conv_1', QUESTION, ANSWER);
  told.session.send('Hello');
  fetched('conv_1', QUESTION);
  assert.deepEqual(
    told.state.messages.map(({ text }) => text),
    ['Who are you?', 'Hello'],
  );
});

test('messages that could not be had leave what is shown as it is', () => {
  open('conv_1', QUESTION, ANSWER);
  told.session.conversation.dispatch({ type: 'page.kept', id: 'conv_1', messages: null });
  assert.equal(states().length, 2);
});

const notice = (code) => told.say({ type: 'vox.notice', level: 'warning', code, message: `About ${code}.` });
const notices = () => told.state.notices.map(({ code }) => code);

test('that nothing is kept is shown until it is kept again, whatever is said meanwhile', () => {
  notice('not_kept');
  notice('nothing_heard');
  told.session.send('Hello');
  assert.deepEqual(notices(), ['not_kept']);
  for (const code of ['speech_not_kept', 'nothing_heard', 'text_shortened', 'voice_unavailable']) notice(code);
  assert.deepEqual(notices(), ['not_kept', 'speech_not_kept', 'voice_unavailable']);
  notice('speech_kept_again');
  notice('kept_again');
  assert.deepEqual(notices(), ['voice_unavailable', 'speech_kept_again', 'kept_again']);
  told.session.send('And now?');
  assert.deepEqual(notices(), []);
});

test('connected anew, what is not kept is what the server says then', () => {
  notice('not_kept');
  told.say({ type: 'session.created' });
  assert.deepEqual(notices(), []);
});

test('a kept message is played once more, and falls silent by a second press and by Stop All', async () => {
  const fetches = [];
  globalThis.fetch = async (address, { signal }) => {
    fetches.push({ address, signal });
    return { ok: true, arrayBuffer: async () => new ArrayBuffer(8) };
  };
  open('conv_1', QUESTION, kept('a', 'assistant', 'I am VOX.', { speech: { duration_ms: 900, bytes: 4000 } }));
  const { replay, player } = told.session;
  replay.toggle('a');
  assert.deepEqual(told.state.replay, { messageId: 'a', stage: 'fetching' });
  await settle();
  await settle();
  assert.equal(told.state.replay.stage, 'playing');
  assert.equal(player.activeAudio.size, 1);
  replay.toggle('a');
  assert.deepEqual([told.state.replay, player.activeAudio.size], [null, 0]);
  replay.toggle('a');
  told.session.stopAll();
  await settle();
  assert.deepEqual([told.state.replay, player.activeAudio.size], [null, 0]);
  assert.equal(fetches[1].signal.aborted, true);
  assert.match(fetches[0].address, /conv_1\/messages\/a\/speech\?format=wav$/);
});

test('sound that is not there is told in words', async () => {
  const error = 'The sound of this is not kept, or not any more.';
  globalThis.fetch = async () => ({ ok: false, status: 404, json: async () => ({ error }) });
  open('conv_1', QUESTION);
  told.session.replay.toggle('q');
  await settle();
  await settle();
  assert.equal(told.state.replay, null);
  assert.deepEqual(
    told.state.notices.map(({ text }) => text),
    [error],
  );
});

test('a message is dated when it is first shown', () => {
  const before = Date.now();
  told.session.send('Hello');
  const { at } = told.state.messages[0];
  assert.ok(at >= before - 1000 && at <= Date.now() + 1000);
});
