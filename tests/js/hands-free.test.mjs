import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { statusWord } from '../../static/vox/conversation/status.js';
import { FakeMicrophone, settle } from './fakes.mjs';
import { committing, Told } from './a-session.mjs';

/** @type {Told} */
let vox;

beforeEach(() => {
  vox = new Told();
});

function word() {
  return statusWord(vox.state);
}

function detection(event) {
  return event.session.audio.input.turn_detection;
}

test('switched on, the microphone opens, the server is told, and everything heard is sent', async () => {
  await vox.handsFree();
  vox.hear(2);
  const [update, ...frames] = vox.sent();
  assert.equal(detection(update).type, 'semantic_vad');
  assert.equal(update.session.audio.input.format.rate, 48_000);
  assert.deepEqual(
    frames.map(({ type }) => type),
    ['input_audio_buffer.append', 'input_audio_buffer.append'],
  );
  assert.equal(word(), 'Listening');
});

test('switched off, the microphone is off and the server ends no utterances any more', async () => {
  await vox.handsFree();
  vox.speechStarted();
  vox.sent();
  vox.session.switchHandsFree();
  assert.ok(!vox.microphone.isOpen);
  const [update, ...more] = vox.sent();
  assert.equal(detection(update), null);
  assert.deepEqual(more, []);
  assert.deepEqual(vox.said, []);
  assert.equal(word(), 'Ready');
});

test('it is off when the page is left, and stays off when it comes back', async () => {
  await vox.handsFree();
  vox.session.leave();
  assert.ok(!vox.microphone.isOpen);
  vox.session.socket.connect();
  vox.connect();
  assert.equal(vox.state.handsFree, 'off');
  assert.deepEqual(vox.sent(), []);
});

test('without permission it goes off again and says how to go on', async () => {
  vox.refusal = Object.assign(new Error(), { name: 'NotAllowedError' });
  await vox.handsFree();
  assert.equal(vox.state.handsFree, 'off');
  const [{ text }] = vox.state.notices;
  assert.match(text, /Allow it in the address bar.* switch Hands-free on again\.$/);
});

test('switched off and on again while the browser asks, only the second time counts', async () => {
  const asked = [];
  vox.session.input.open = () => new Promise((allow) => asked.push(allow));
  vox.session.switchHandsFree();
  vox.session.switchHandsFree();
  vox.session.switchHandsFree();
  const first = new FakeMicrophone();
  asked[0](first);
  await settle();
  assert.equal(first.released, 1);
  assert.equal(vox.state.handsFree, 'opening');
  asked[1](new FakeMicrophone());
  await settle();
  assert.equal(vox.state.handsFree, 'on');
});

test('a microphone that goes away switches it off, with a sentence', async () => {
  await vox.handsFree();
  vox.microphone.lost();
  assert.equal(vox.state.handsFree, 'off');
  assert.equal(vox.microphone.released, 1);
  assert.match(vox.state.notices[0].text, /Hands-free is off/);
});

test('utterances become turns that the page never asked for', async () => {
  await vox.handsFree();
  vox.hear();
  vox.sent();
  const words = [word()];
  const note = () => words.at(-1) !== word() && words.push(word());
  for (const step of [
    () => vox.speechStarted('u1'),
    () => vox.speechStopped('u1'),
    ...committing('u1', 'r1').map((event) => () => vox.say(event)),
    () => vox.transcribed('u1', 'How are you?'),
    () => vox.answer('r1', 'a1'),
    () => vox.done('r1', 'completed'),
    () => vox.context.runTo(60),
  ]) {
    step();
    note();
  }
  assert.deepEqual(words, [
    'Listening',
    'Hearing you',
    'Transcribing',
    'Thinking',
    'Speaking',
    'Listening',
  ]);
  assert.deepEqual(vox.types(), []);
  assert.deepEqual(vox.said, [
    ['user', 'How are you?'],
    ['assistant', 'Good evening to you.'],
  ]);
});

test('a second turn needs no press either', async () => {
  await vox.handsFree();
  for (const n of [1, 2]) {
    vox.speechStarted(`u${n}`);
    vox.speechStopped(`u${n}`);
    vox.committed(`u${n}`, `r${n}`);
    vox.transcribed(`u${n}`, `Question ${n}`);
    vox.answer(`r${n}`, `a${n}`);
    vox.done(`r${n}`, 'completed');
    vox.context.runTo(vox.context.currentTime + 5);
  }
  assert.equal(vox.said.length, 4);
  assert.equal(word(), 'Listening');
});

test('live words grow, each reading in place of the one before, and the final ones end them', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  const [{ state, text, unstable }] = vox.state.messages;
  assert.deepEqual([state, text, unstable], ['hearing', '', null]);
  vox.hearing('u1', '', 'What time');
  vox.hearing('u1', 'What time', 'is it in');
  const [live] = vox.state.messages;
  assert.deepEqual([live.text, live.unstable], ['What time', 'is it in']);
  vox.speechStopped('u1');
  vox.committed('u1', 'r1');
  assert.deepEqual(vox.state.messages, [live]);
  vox.transcribed('u1', 'What time is it in Rome?');
  const [final] = vox.state.messages;
  assert.deepEqual([final.text, final.unstable, final.state], ['What time is it in Rome?', null, 'done']);
});

test('who goes on talking sees the words go on, and nothing of the answer that was begun', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.hearing('u1', 'I was thinking', 'about');
  vox.speechStopped('u1');
  vox.committed('u1', 'r1');
  vox.say({
    type: 'response.output_item.added',
    response_id: 'r1',
    item: { id: 'a1', role: 'assistant' },
  });
  vox.sent();
  const seen = [];
  for (const step of [
    () => vox.done('r1', 'cancelled', 'turn_detected'),
    () => vox.say({ type: 'conversation.item.deleted', item_id: 'u1' }),
    () => vox.speechStarted('u2'),
  ]) {
    step();
    seen.push([word(), vox.state.messages.map(({ text, unstable }) => [text, unstable].join(' ').trim())]);
  }
  for (const look of seen) assert.deepEqual(look, ['Hearing you', ['I was thinking about']]);
  vox.hearing('u2', 'I was thinking about', 'birds');
  assert.deepEqual(
    vox.state.messages.map(({ id, text, unstable }) => [id, text, unstable]),
    [['u2', 'I was thinking about', 'birds']],
  );
  assert.deepEqual(vox.types(), []);
});

test('a cough leaves nothing behind: an utterance that is never committed', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await vox.handsFree();
    vox.speechStarted('u1');
    vox.speechStopped('u1');
    mock.timers.tick(5000);
    assert.deepEqual(vox.said, []);
    assert.equal(word(), 'Listening');
  } finally {
    mock.timers.reset();
  }
});

test('an utterance that is committed stays, however long its words take', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await vox.handsFree();
    vox.speechStarted('u1');
    vox.speechStopped('u1');
    vox.committed('u1', 'r1');
    mock.timers.tick(5000);
    assert.equal(vox.said.length, 1);
    assert.equal(word(), 'Transcribing');
  } finally {
    mock.timers.reset();
  }
});

test('noise that was taken for speech disappears with its item, and nobody is told', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.speechStopped('u1');
  vox.committed('u1', 'r1');
  vox.say({ type: 'conversation.item.deleted', item_id: 'u1' });
  vox.done('r1', 'completed');
  assert.deepEqual(vox.said, []);
  assert.deepEqual(vox.state.notices, []);
  assert.equal(word(), 'Listening');
});

test('an interruption: silence first, then what was heard; the server has cancelled already', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.speechStopped('u1');
  vox.committed('u1', 'r1');
  vox.transcribed('u1', 'Hello');
  vox.answer('r1', 'a1', 400);
  vox.sent();
  vox.speechStarted('u2');
  assert.equal(vox.session.player.activeAudio.size, 0);
  const [truncate, ...more] = vox.sent();
  assert.deepEqual(
    [truncate.type, truncate.item_id, truncate.audio_end_ms],
    ['conversation.item.truncate', 'a1', 400],
  );
  assert.deepEqual(more, []);
  assert.equal(vox.state.messages[1].state, 'stopped');
  const words = [word()];
  vox.done('r1', 'cancelled', 'turn_detected');
  vox.hearing('u2', '', 'Wait');
  words.push(word());
  assert.deepEqual(words, ['Hearing you', 'Hearing you']);
  assert.deepEqual(vox.types(), []);
  assert.equal(vox.said.at(-1)?.[1], 'Wait');
});

test('an interruption after the server is done, when only the sound goes on', async () => {
  await vox.handsFree();
  vox.session.send('Hello');
  vox.say({ type: 'response.created', response: { id: 'r1' } });
  vox.answer('r1', 'a1', 250);
  vox.done('r1', 'completed');
  vox.sent();
  vox.speechStarted('u1');
  assert.equal(vox.session.player.activeAudio.size, 0);
  assert.deepEqual(vox.types(), ['conversation.item.truncate']);
  assert.equal(word(), 'Hearing you');
});

test('a reply asked for in the moment somebody begins to speak is cancelled', async () => {
  await vox.handsFree();
  vox.session.send('Hello');
  vox.sent();
  vox.speechStarted('u1');
  assert.deepEqual(vox.types(), ['response.cancel']);
  vox.say({ type: 'response.created', response: { id: 'r1' } });
  vox.answer('r1', 'a1');
  assert.equal(vox.session.player.activeAudio.size, 0);
});

test('a reply that the server began is not mistaken for the one that was typed for', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.speechStopped('u1');
  vox.session.send('Typed meanwhile');
  vox.committed('u1', 'r1');
  vox.done('r1', 'cancelled', 'client_cancelled');
  vox.say({ type: 'response.created', response: { id: 'r2' } });
  vox.answer('r2', 'a2');
  assert.equal(vox.session.player.activeAudio.size, 1);
  vox.done('r2', 'completed');
  vox.context.runTo(60);
  assert.equal(word(), 'Listening');
});

test('muted, nothing is sent and its place in the sound does not move; then it goes on', async () => {
  await vox.handsFree();
  vox.hear(3);
  vox.speechStarted('u1');
  vox.sent();
  vox.session.switchMute();
  vox.hear(5);
  assert.deepEqual(vox.types(), ['input_audio_buffer.clear']);
  assert.deepEqual(vox.said, []);
  assert.equal(word(), 'Muted');
  assert.ok(vox.microphone.isOpen);
  assert.equal(Math.round(vox.session.input.clock.sent), 120);
  vox.say({ type: 'input_audio_buffer.cleared' });
  vox.session.switchMute();
  vox.hear();
  assert.deepEqual(vox.types(), ['input_audio_buffer.append']);
  assert.equal(word(), 'Listening');
});

test('mute is for hands-free only, and ends with it', async () => {
  vox.session.switchMute();
  assert.equal(vox.state.muted, false);
  await vox.handsFree();
  vox.session.switchMute();
  await vox.handsFree();
  await vox.handsFree();
  assert.equal(vox.state.muted, false);
  vox.hear();
  assert.equal(vox.types().at(-1), 'input_audio_buffer.append');
});

test('what the server began to hear before it knew of the mute is thrown away', async () => {
  await vox.handsFree();
  vox.session.switchMute();
  vox.session.switchMute();
  vox.speechStarted('u1');
  assert.deepEqual(vox.said, []);
  vox.say({ type: 'input_audio_buffer.cleared' });
  vox.speechStarted('u2');
  assert.equal(word(), 'Hearing you');
});

test('Stop All: silence, what is being said is thrown away, and it goes on listening', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.hearing('u1', 'Never', 'mind');
  vox.sent();
  vox.session.stopAll();
  assert.deepEqual(vox.types(), ['input_audio_buffer.clear']);
  assert.deepEqual(vox.said, []);
  assert.ok(vox.microphone.isOpen);
  assert.equal(vox.state.handsFree, 'on');
  assert.equal(word(), 'Listening');
  vox.hear();
  assert.deepEqual(vox.types(), ['input_audio_buffer.append']);
});

test('an answer that began just before Stop All came to the server is never heard', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.speechStopped('u1');
  vox.session.stopAll();
  vox.sent();
  vox.committed('u1', 'r1');
  const [cancel] = vox.sent();
  assert.deepEqual([cancel.type, cancel.response_id], ['response.cancel', 'r1']);
  vox.answer('r1', 'a1');
  assert.equal(vox.session.player.activeAudio.size, 0);
});

test('Talk while hands-free: the person ends that one, and the microphone is never closed', async () => {
  await vox.handsFree();
  vox.hear();
  vox.sent();
  vox.session.talk();
  await settle();
  vox.hear(10);
  const [update, ...frames] = vox.sent();
  assert.equal(detection(update), null);
  assert.equal(frames.length, 10);
  assert.equal(word(), 'Listening');
  await vox.finish();
  const end = vox.sent();
  assert.deepEqual(
    end.map(({ type }) => type),
    ['input_audio_buffer.commit', 'response.create', 'session.update'],
  );
  assert.equal(detection(end[2]).type, 'semantic_vad');
  assert.equal(vox.microphones.length, 1);
  assert.ok(vox.microphone.isOpen);
  vox.hear();
  assert.deepEqual(vox.types(), ['input_audio_buffer.append']);
});

test('Talk throws away what was being heard of the open microphone', async () => {
  await vox.handsFree();
  vox.speechStarted('u1');
  vox.hearing('u1', 'Half a', 'sentence');
  vox.session.talk();
  assert.deepEqual(vox.said, []);
  await settle();
  vox.speechStarted('late');
  assert.deepEqual(vox.said, []);
  assert.equal(word(), 'Listening');
});

test('Talk while muted is heard, and afterwards it is still muted', async () => {
  await vox.handsFree();
  vox.session.switchMute();
  vox.sent();
  vox.session.talk();
  await settle();
  vox.hear(10);
  await vox.finish();
  assert.equal(vox.types().filter((type) => type === 'input_audio_buffer.append').length, 10);
  vox.hear();
  assert.deepEqual(vox.types(), []);
  assert.equal(vox.state.muted, true);
});

test('switched off during Talk, the recording goes on and the microphone is off after it', async () => {
  await vox.handsFree();
  vox.session.talk();
  await settle();
  vox.session.switchHandsFree();
  vox.hear(10);
  assert.ok(vox.microphone.isOpen);
  await vox.finish();
  assert.ok(!vox.microphone.isOpen);
  assert.equal(vox.types().at(-1), 'response.create');
});

test('switched on during Talk, the server waits with its own ears until the recording has ended', async () => {
  vox.session.talk();
  await settle();
  await vox.handsFree();
  vox.hear(10);
  assert.equal(vox.microphones.length, 1);
  const updates = vox.sent().filter(({ type }) => type === 'session.update');
  assert.deepEqual(updates.map(detection), [null]);
  await vox.finish();
  assert.equal(detection(vox.sent().at(-1)).type, 'semantic_vad');
});

test('the key that is held to talk: down begins, up ends, with and without hands-free', async () => {
  for (const free of [false, true]) {
    vox = new Told();
    if (free) await vox.handsFree();
    assert.equal(vox.session.hold(), true);
    await settle();
    vox.hear(10);
    assert.equal(vox.session.hold(), false);
    vox.session.letGo();
    await settle();
    vox.microphone.flushed();
    await settle();
    assert.equal(vox.types().filter((type) => type === 'response.create').length, 1);
    assert.equal(vox.microphone.isOpen, free);
  }
});

test('a tap on the key is a slip, and says what to do with the key', async () => {
  vox.session.hold();
  await settle();
  vox.hear(2);
  vox.sent();
  vox.session.letGo();
  await settle();
  vox.microphone.flushed();
  await settle();
  assert.deepEqual(vox.types(), ['input_audio_buffer.clear']);
  assert.match(vox.state.notices[0].text, /Hold the space bar/);
});

test('after a lost connection it goes on by itself, with the microphone it had', async () => {
  await vox.handsFree();
  vox.hear(10);
  vox.speechStarted('u1');
  vox.disconnect();
  assert.ok(vox.microphone.isOpen);
  assert.equal(word(), 'Loading…');
  vox.hear();
  vox.session.socket.hurry();
  vox.connect();
  vox.hear();
  const [update, frame] = vox.sent();
  assert.equal(detection(update).type, 'semantic_vad');
  assert.equal(frame.type, 'input_audio_buffer.append');
  assert.equal(Math.round(vox.session.input.clock.sent), 40);
  assert.equal(word(), 'Listening');
});

test('settings that change while it is on are told at once', async () => {
  await vox.handsFree();
  vox.sent();
  vox.preferences.set({ patience: 'long', bargeIn: false });
  const [update, ...more] = vox.sent();
  assert.deepEqual(more, []);
  assert.equal(detection(update).eagerness, 'low');
  assert.equal(detection(update).interrupt_response, false);
  vox.preferences.set({ speaker: 'x' });
  assert.deepEqual(vox.sent(), []);
});

test('settings that change while it is off are told when it is switched on', async () => {
  vox.preferences.set({ sensitivity: 'high' });
  assert.deepEqual(vox.sent(), []);
  await vox.handsFree();
  assert.equal(detection(vox.sent()[0]).threshold, 0.35);
});

test('another microphone takes the place of the one in use', async () => {
  await vox.handsFree();
  vox.preferences.set({ microphone: 'headset' });
  await settle();
  assert.deepEqual(
    vox.microphones.map(({ isOpen }) => isOpen),
    [false, true],
  );
  vox.sent();
  vox.hear();
  assert.deepEqual(vox.types(), ['input_audio_buffer.append']);
  assert.equal(vox.state.handsFree, 'on');
});

test('another microphone waits for the end of a recording', async () => {
  await vox.handsFree();
  vox.session.talk();
  await settle();
  vox.preferences.set({ microphone: 'headset' });
  await settle();
  assert.equal(vox.microphones.length, 1);
  vox.hear(10);
  await vox.finish();
  assert.deepEqual(
    vox.microphones.map(({ isOpen }) => isOpen),
    [false, true],
  );
});

test('another microphone that cannot be opened switches it off', async () => {
  await vox.handsFree();
  vox.refusal = Object.assign(new Error(), { name: 'NotFoundError' });
  vox.preferences.set({ microphone: 'gone' });
  await settle();
  assert.equal(vox.state.handsFree, 'off');
  assert.equal(vox.state.notices.length, 1);
});

test('an answer to something said in the open knows when that was said', async () => {
  await vox.handsFree();
  vox.hear(50);
  vox.speechStarted('u1');
  vox.speechStopped('u1');
  vox.committed('u1', 'r1');
  vox.answer('r1', 'a1');
  const timings = { endpoint_ms: 300, stt_ms: 0, llm_ms: 100, tts_ms: 90, total_ms: 490 };
  vox.say({ type: 'vox.timings', response_id: 'r1', voiced_until_ms: 1500, ...timings });
  const expected = vox.session.input.clock.timeOf(1500);
  assert.notEqual(expected, null);
  assert.equal(vox.state.messages.at(-1)?.askedAt, expected);
});
