import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reduce } from '../../static/vox/conversation.js';
import { awaited } from '../../static/vox/conversation/making.js';
import { INITIAL } from '../../static/vox/conversation/state.js';
import { replying, statusWord } from '../../static/vox/conversation/status.js';
import { hint } from '../../static/vox/view/hints.js';
import { aModel } from './fakes.mjs';

const models = (state = 'ready') => ({ stt: aModel(state), llm: aModel(state), tts: aModel('loading') });

const CONNECTED = [{ type: 'session.created' }, { type: 'vox.models', models: models() }];
const SPOKE = [
  { type: 'page.recording', phase: 'starting' },
  { type: 'page.recording', phase: 'on' },
  { type: 'page.recording', phase: 'finishing' },
  { type: 'page.spoke', commitId: 'c1', createId: 'q1' },
  { type: 'page.recording', phase: 'off' },
  { type: 'input_audio_buffer.committed', item_id: 'u1' },
  {
    type: 'conversation.item.added',
    item: { id: 'u1', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
  },
  { type: 'response.created', response: { id: 'r1', status: 'in_progress' } },
];
const HEARD = [
  { type: 'conversation.item.input_audio_transcription.delta', item_id: 'u1', delta: 'Hello' },
  {
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: 'u1',
    transcript: 'Hello there.',
  },
];
const ANSWERS = [
  { type: 'response.output_item.added', response_id: 'r1', item: { id: 'a1', role: 'assistant' } },
  text('Good evening. '),
  text('How are you?'),
  { type: 'vox.phrase', response_id: 'r1', item_id: 'a1', index: 0, start: 0, end: 13, audio_start_ms: 0 },
  { type: 'page.audioStarted', itemId: 'a1' },
];
const PHRASE_2 = {
  type: 'vox.phrase',
  response_id: 'r1',
  item_id: 'a1',
  index: 1,
  start: 14,
  end: 26,
  audio_start_ms: 1000,
};

function text(delta) {
  return { type: 'response.output_audio_transcript.delta', response_id: 'r1', item_id: 'a1', delta };
}

function done(status, id = 'r1', error) {
  return { type: 'response.done', response: { id, status, status_details: error && { error } } };
}

function tell(...story) {
  return story.flat().reduce(reduce, INITIAL);
}

function stopped(state, heardMs = 0, totalMs = 0) {
  const heard = new Map(totalMs > 0 ? [['a1', { heardMs, totalMs }]] : []);
  return [{ type: 'page.interrupted', heard }, { type: 'page.stopped' }].reduce(reduce, state);
}

test('Loading… until ears and brain are ready; the voice may come later', () => {
  assert.equal(statusWord(INITIAL), 'Loading…');
  assert.equal(statusWord(tell({ type: 'session.created' })), 'Loading…');
  const loading = { type: 'vox.models', models: { ...models(), llm: aModel('loading') } };
  assert.equal(statusWord(tell(CONNECTED, loading)), 'Loading…');
  assert.equal(statusWord(tell(CONNECTED)), 'Ready');
});

test('the status tells a turn from the press to the last sound', () => {
  const words = [];
  let state = tell(CONNECTED);
  for (const action of [
    ...SPOKE,
    ...HEARD,
    ...ANSWERS,
    done('completed'),
    { type: 'page.audioEnded', itemId: 'a1' },
  ]) {
    state = reduce(state, action);
    if (words.at(-1) !== statusWord(state)) words.push(statusWord(state));
  }
  assert.deepEqual(words, ['Ready', 'Listening', 'Transcribing', 'Thinking', 'Speaking', 'Ready']);
});

test('the words heard grow, and the final ones take their place', () => {
  assert.equal(tell(CONNECTED, SPOKE, HEARD[0]).messages[0].text, 'Hello');
  const [message] = tell(CONNECTED, SPOKE, HEARD).messages;
  assert.deepEqual([message.text, message.state], ['Hello there.', 'done']);
});

test('an answer is done when its sound has been played, not when it has been sent', () => {
  const sent = tell(CONNECTED, SPOKE, HEARD, ANSWERS, done('completed'));
  assert.equal(sent.messages[1].state, 'streaming');
  assert.equal(statusWord(sent), 'Speaking');
  assert.ok(replying(sent));
  const played = reduce(sent, { type: 'page.audioEnded', itemId: 'a1' });
  assert.equal(played.messages[1].state, 'done');
  assert.ok(!replying(played));
});

test('a pause in the sound, with more to come, does not end the answer', () => {
  const state = tell(CONNECTED, SPOKE, HEARD, ANSWERS, { type: 'page.audioEnded', itemId: 'a1' });
  assert.equal(state.messages[1].state, 'streaming');
  assert.equal(statusWord(state), 'Speaking');
});

test('stopped in the middle, what was said stays and the rest is marked', () => {
  const state = stopped(tell(CONNECTED, SPOKE, HEARD, ANSWERS, PHRASE_2), 1000, 2000);
  const [, answer] = state.messages;
  assert.equal(answer.state, 'stopped');
  assert.equal(answer.text, 'Good evening. How are you?');
  assert.equal(answer.text.slice(0, answer.spokenEnd), 'Good evening. How');
  assert.equal(statusWord(state), 'Stopped');
  assert.ok(!replying(state));
});

test('stopped before any sound, nothing of it counts as spoken', () => {
  const state = stopped(tell(CONNECTED, SPOKE, HEARD, ANSWERS.slice(0, 3)));
  assert.equal(state.messages[1].spokenEnd, 0);
});

test('stopped after the server was done but while it still sounds, it is stopped all the same', () => {
  const state = stopped(tell(CONNECTED, SPOKE, HEARD, ANSWERS, done('completed')), 500, 900);
  assert.equal(state.messages[1].state, 'stopped');
  assert.equal(statusWord(state), 'Stopped');
});

test('what comes of a stopped answer is dropped', () => {
  let state = stopped(tell(CONNECTED, SPOKE, HEARD, ANSWERS), 500, 1000);
  const before = state.messages;
  for (const late of [text(' And more.'), PHRASE_2, done('cancelled')]) state = reduce(state, late);
  assert.equal(state.messages, before);
  assert.equal(statusWord(state), 'Stopped');
});

test('a reply stopped before the server had begun it never appears, and the next one does', () => {
  let state = stopped(
    tell(CONNECTED, { type: 'page.typed', itemId: 't1', text: 'One', sentAs: 'e1', createId: 'q1' }),
  );
  state = reduce(state, { type: 'page.typed', itemId: 't2', text: 'Two', sentAs: 'e2', createId: 'q2' });
  const late = [
    { type: 'response.created', response: { id: 'r1' } },
    ...ANSWERS.slice(0, 2),
    done('cancelled'),
    { type: 'response.created', response: { id: 'r2' } },
    { type: 'response.output_item.added', response_id: 'r2', item: { id: 'a2', role: 'assistant' } },
  ];
  state = late.reduce(reduce, state);
  assert.deepEqual(
    state.messages.map(({ id }) => id),
    ['t1', 't2', 'a2'],
  );
  assert.equal(state.turn.responseId, 'r2');
});

test('silence is told, and leaves no message behind', () => {
  const nothing = [
    { ...HEARD[1], transcript: '' },
    { type: 'vox.notice', level: 'info', code: 'nothing_heard', message: 'I heard nothing.' },
    { type: 'conversation.item.deleted', item_id: 'u1' },
    done('completed'),
  ];
  const state = tell(CONNECTED, SPOKE, nothing);
  assert.deepEqual(state.messages, []);
  assert.deepEqual(
    state.notices.map((notice) => notice.text),
    ['I heard nothing.'],
  );
  assert.equal(statusWord(state), 'Ready');
});

test('a recording stopped while it was written down leaves no message behind', () => {
  const state = [
    {
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: 'u1',
      error: { code: 'cancelled', message: 'x' },
    },
    { type: 'conversation.item.deleted', item_id: 'u1' },
    done('cancelled'),
  ].reduce(reduce, stopped(tell(CONNECTED, SPOKE)));
  assert.deepEqual(state.messages, []);
  assert.deepEqual(state.notices, []);
  assert.equal(statusWord(state), 'Stopped');
});

test('an answer that breaks off keeps its words and says why, once', () => {
  const why = { code: 'llm', message: 'The language model broke off.' };
  const error = { type: 'error', error: { ...why, type: 'server_error' } };
  const broken = [...ANSWERS.slice(0, 3), done('failed', 'r1', why)];
  for (const story of [
    [error, ...broken],
    [...broken, error],
  ]) {
    const state = tell(CONNECTED, SPOKE, HEARD, story);
    assert.deepEqual(
      [state.messages[1].state, state.messages[1].text, state.messages[1].note],
      ['failed', 'Good evening. How are you?', why.message],
    );
    assert.deepEqual(state.notices, []);
    assert.equal(statusWord(state), 'Ready');
  }
});

test('an answer that failed before its first word has a place that says why', () => {
  const state = tell(CONNECTED, SPOKE, HEARD, done('failed', 'r1', { message: 'Start Ollama.' }));
  const [, answer] = state.messages;
  assert.deepEqual(
    [answer.role, answer.state, answer.text, answer.note],
    ['assistant', 'failed', '', 'Start Ollama.'],
  );
});

test('the same failure a second time is told a second time', () => {
  const error = { type: 'error', error: { code: 'llm', message: 'Start Ollama.' } };
  let state = INITIAL;
  for (const n of [1, 2]) {
    const typed = { type: 'page.typed', itemId: `t${n}`, text: 'Hi', sentAs: `e${n}`, createId: `q${n}` };
    const created = { type: 'response.created', response: { id: `r${n}` } };
    state = [typed, created, error, done('failed', `r${n}`, { message: 'Start Ollama.' })].reduce(reduce, state);
  }
  assert.deepEqual(
    state.messages.map(({ note }) => note),
    ['', 'Start Ollama.', '', 'Start Ollama.'],
  );
  assert.deepEqual(state.notices, []);
});

test('a text answer is being given while it is written, and done when it is', () => {
  const delta = {
    type: 'response.output_text.delta',
    response_id: 'r1',
    item_id: 'a1',
    delta: 'Good evening.',
  };
  const writing = tell(CONNECTED, SPOKE, HEARD, ANSWERS[0], delta);
  assert.equal(statusWord(writing), 'Speaking');
  assert.equal(reduce(writing, done('completed')).messages[1].state, 'done');
  assert.equal(stopped(writing).messages[1].spokenEnd, null);
});

test('a refused request for a reply is told and is no turn any more', () => {
  const typed = { type: 'page.typed', itemId: 't1', text: 'Hi', sentAs: 'e1', createId: 'q1' };
  const refusal = { type: 'error', error: { code: 'bad', message: 'Not now.', event_id: 'q1' } };
  const state = tell(CONNECTED, typed, refusal);
  assert.equal(state.turn, null);
  assert.deepEqual(state.creates, []);
  assert.equal(state.notices[0].text, 'Not now.');
});

test('asking to cancel what is over already is not worth a word', () => {
  const error = (code, event_id) => ({ type: 'error', error: { code, message: 'no', event_id } });
  const state = tell(
    CONNECTED,
    error('response_cancel_not_active'),
    error('x', 'conversation.item.truncate:4'),
  );
  assert.deepEqual(state.notices, []);
});

test('when the connection is lost, all of it ends and says so', () => {
  const state = tell(CONNECTED, SPOKE, HEARD, ANSWERS, { type: 'page.disconnected', sentence: 'Lost.' });
  assert.equal(state.messages[1].state, 'failed');
  assert.equal(state.turn, null);
  assert.equal(statusWord(state), 'Loading…');
  assert.equal(state.notices[0].text, 'Lost.');
});

test('a new connection knows nothing of the messages before it', () => {
  const lost = { type: 'page.disconnected', sentence: 'Lost.' };
  const state = tell(CONNECTED, SPOKE, HEARD, lost, CONNECTED);
  assert.deepEqual(state.notices, []);
  assert.ok(state.messages.every(({ earlier }) => earlier));
  assert.equal(statusWord(reduce(state, { type: 'page.recording', phase: 'starting' })), 'Ready');
});

test('messages that do not change stay the same objects', () => {
  const before = tell(CONNECTED, SPOKE, HEARD, ANSWERS);
  const after = reduce(before, text(' Fine?'));
  assert.equal(after.messages[0], before.messages[0]);
  assert.notEqual(after.messages[1], before.messages[1]);
});

test('events that the page has no use for change nothing', () => {
  const state = tell(CONNECTED);
  assert.equal(reduce(state, { type: 'rate_limits.updated' }), state);
});

test('an answer whose voice is not available is read, and stopped it is not faint', () => {
  const notice = {
    type: 'vox.notice',
    level: 'warning',
    code: 'voice_unavailable',
    message: 'No sound.',
    response_id: 'r1',
  };
  for (const story of [
    [ANSWERS[0], notice, text('Good evening.')],
    [notice, ANSWERS[0], text('Good evening.')],
  ]) {
    const state = tell(CONNECTED, SPOKE, HEARD, story);
    assert.equal(statusWord(state), 'Speaking');
    assert.equal(stopped(state).messages[1].spokenEnd, null);
    assert.equal(state.notices[0].text, 'No sound.');
  }
});

const WRITTEN = ANSWERS.slice(0, 3);

function progress(index, fraction) {
  return { type: 'vox.phrase.progress', response_id: 'r1', item_id: 'a1', index, fraction };
}

/** How much of the awaited sound is shown to be made, after each of these. */
function shown(before, ...story) {
  let state = tell(CONNECTED, SPOKE, HEARD, before);
  return story.map((action) => awaited((state = reduce(state, action)).messages[1]));
}

test('while the first sound is awaited its making is shown, and gone when it begins', () => {
  assert.deepEqual(shown(WRITTEN, progress(0, 0.2), progress(0, 0.7), ANSWERS[3], ANSWERS[4]), [
    0.2,
    0.7,
    null,
    null,
  ]);
});

test('of two phrases in the making the one that sounds first is shown', () => {
  const both = [progress(0, 0.2), progress(1, 0.4), progress(0, 0.3), progress(1, 0.6)];
  assert.deepEqual(shown(WRITTEN, ...both), [0.2, 0.2, 0.3, 0.3]);
  assert.deepEqual(shown(WRITTEN, progress(1, 0.4), progress(0, 0.2)), [0.4, 0.2]);
});

test('while there is sound to hear nothing else moves, and in a gap the next phrase is awaited', () => {
  const ended = { type: 'page.audioEnded', itemId: 'a1' };
  const story = [progress(1, 0.5), ended, progress(1, 0.6), PHRASE_2];
  assert.deepEqual(shown(ANSWERS, ...story), [null, 0.5, 0.6, null]);
});

test('a phrase that fails is not awaited any more', () => {
  const error = { type: 'error', error: { code: 'speech_failed', message: 'Out of memory.' } };
  assert.deepEqual(shown(WRITTEN, progress(0, 0.9), progress(1, 0.1), error, progress(1, 0.2)), [
    0.9,
    0.9,
    null,
    0.2,
  ]);
});

test('however an answer ends, none of its sound is in the making', () => {
  const making = [...WRITTEN, progress(0, 0.5)];
  const over = (...story) => tell(CONNECTED, SPOKE, HEARD, making, ...story).messages[1].making;
  assert.equal(stopped(tell(CONNECTED, SPOKE, HEARD, making)).messages[1].making, null);
  for (const status of ['completed', 'incomplete', 'failed']) assert.equal(over(done(status)), null);
  assert.equal(over({ type: 'page.disconnected', sentence: 'Lost.' }), null);
});

test('the progress of a stopped answer changes nothing', () => {
  const state = stopped(tell(CONNECTED, SPOKE, HEARD, WRITTEN));
  assert.equal(reduce(state, progress(0, 0.5)), state);
});

test('the hint says when the words are there and their sound is being made', () => {
  const ready = { type: 'vox.models', models: { ...models(), tts: aModel('ready') } };
  const written = tell(CONNECTED, ready, SPOKE, HEARD, WRITTEN);
  assert.equal(hint(written), 'Thinking about an answer.');
  assert.equal(statusWord(reduce(written, progress(0, 0.1))), 'Thinking');
  assert.equal(hint(reduce(written, progress(0, 0.1))), 'Making the sound of the answer.');
});
