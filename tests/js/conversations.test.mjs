// The conversations around the one that is open: the list, the search, the address bar, drafts, and what
// becomes of one that is deleted.

import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';

import { Refused } from '../../static/vox/api.js';
import { byDay, dayName } from '../../static/vox/conversations/days.js';
import { Deleted } from '../../static/vox/conversations/deleted.js';
import { Desk } from '../../static/vox/conversations/desk.js';
import { Drafts } from '../../static/vox/conversations/drafts.js';
import { ConversationList } from '../../static/vox/conversations/list.js';
import { addressOf, placeOf } from '../../static/vox/conversations/place.js';
import { Search } from '../../static/vox/conversations/search.js';
import { Told } from './a-session.mjs';
import { settle } from './fakes.mjs';

const NOW = new Date(2026, 10, 23, 0, 30).getTime();

function daysAgo(days, hour = 12) {
  return new Date(2026, 10, 23 - days, hour).getTime();
}

/** A server with conversations, newest first, that answers when it is asked, or is out of reach. */
class Shelf {
  asked = [];
  isDown = false;
  pageSize = 2;

  constructor(...ids) {
    this.records = ids.map((id, i) => ({
      id,
      title: `About ${id}`,
      updated_at: new Date(NOW - i * 1000).toISOString(),
      messages: [],
    }));
    this.deleted = [];
  }

  async page(before) {
    this.#ask(`page ${before}`);
    const from = Number(before ?? 0);
    const next = from + this.pageSize;
    const conversations = this.records.slice(from, next);
    return { conversations, next: next < this.records.length ? String(next) : null };
  }

  async whole(id) {
    this.#ask(`whole ${id}`);
    return this.#find(id, this.records);
  }

  async rename(id, title) {
    this.#ask(`rename ${id}`);
    return Object.assign(this.#find(id, this.records), { title });
  }

  async remove(id) {
    this.#ask(`remove ${id}`);
    this.#move(id, this.records, this.deleted);
  }

  async restore(id) {
    this.#ask(`restore ${id}`);
    return this.#move(id, this.deleted, this.records);
  }

  #move(id, from, to) {
    const record = this.#find(id, from);
    from.splice(from.indexOf(record), 1);
    to.unshift(record);
    return record;
  }

  #find(id, among) {
    const record = among.find((record) => record.id === id);
    if (!record) throw new Refused('There is no such conversation.', 404);
    return record;
  }

  #ask(what) {
    this.asked.push(what);
    if (this.isDown) throw new Refused('VOX can’t be reached.', 0);
  }
}

function ids(list) {
  return list.entries.map(({ id }) => id);
}

test('days are called as one calls them', () => {
  const names = [0, 1, 2, 6, 7].map((days) => dayName(daysAgo(days, 0), NOW));
  assert.equal(names[0], 'Today');
  assert.equal(names[1], 'Yesterday');
  assert.equal(names[2], 'Saturday');
  assert.equal(names[3], 'Tuesday');
  assert.match(names[4], /16/);
  assert.match(dayName(new Date(2025, 10, 23).getTime(), NOW), /2025/);
});

test('a day ends at midnight where the person is, not a day later', () => {
  const entries = [NOW, daysAgo(1, 23), daysAgo(1, 1), daysAgo(3)];
  const days = byDay(entries, (time) => time, NOW);
  assert.deepEqual(
    days.map(({ name, entries }) => [name, entries.length]),
    [
      ['Today', 1],
      ['Yesterday', 2],
      ['Friday', 1],
    ],
  );
});

test('the list comes page by page and ends', async () => {
  const list = new ConversationList(new Shelf('a', 'b', 'c'), () => {});
  await list.load();
  await list.load();
  assert.deepEqual([ids(list), list.hasMore], [['a', 'b'], true]);
  await list.more();
  await list.more();
  assert.deepEqual([ids(list), list.hasMore], [['a', 'b', 'c'], false]);
  assert.deepEqual(list.api.asked, ['page null', 'page 2']);
});

test('a list that could not be had says why and is had at the next try', async () => {
  const shelf = new Shelf('a', 'b', 'c');
  const list = new ConversationList(shelf, () => {});
  shelf.isDown = true;
  await list.load();
  assert.deepEqual([list.stage, list.problem], ['failed', 'VOX can’t be reached.']);
  shelf.isDown = false;
  await list.load();
  assert.deepEqual([list.stage, ids(list)], ['ready', ['a', 'b']]);
});

test('news bring what is new to the top, and take away what was deleted far below', async () => {
  const shelf = new Shelf('a', 'b', 'c', 'd');
  const list = new ConversationList(shelf, () => {});
  await list.load();
  await list.more();
  shelf.records = shelf.records.filter(({ id }) => id !== 'd');
  shelf.records.unshift({ ...shelf.records[0], id: 'new', updated_at: new Date(NOW + 1000).toISOString() });
  shelf.records[3].title = 'Called otherwise';
  await list.refresh(['new', 'c', 'd']);
  assert.deepEqual(ids(list), ['new', 'a', 'b', 'c']);
  assert.equal(list.entries[3].title, 'Called otherwise');
});

test('nothing is fetched of news as long as nobody has looked at the list', async () => {
  const shelf = new Shelf('a');
  await new ConversationList(shelf, () => {}).refresh(['a']);
  assert.deepEqual(shelf.asked, []);
});

test('a new title shows at once, and the old one again when the server does not take it', async () => {
  const shelf = new Shelf('a');
  const list = new ConversationList(shelf, () => {});
  await list.load();
  const done = list.rename('a', 'Of birds');
  assert.equal(list.entries[0].title, 'Of birds');
  await done;
  shelf.isDown = true;
  await assert.rejects(list.rename('a', 'Of bees'));
  assert.equal(list.entries[0].title, 'Of birds');
  await list.rename('a', 'Of birds');
  assert.deepEqual(shelf.asked.filter((what) => what.startsWith('rename')).length, 2);
});

test('only what was typed last is looked for, and only its hits are shown', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const calls = [];
  const search = new Search(
    { search: (words, signal) => new Promise((resolve) => calls.push({ words, signal, resolve })) },
    () => {},
  );
  search.look('bi');
  search.look('bird');
  mock.timers.tick(1000);
  search.look('birds ');
  mock.timers.tick(1000);
  assert.deepEqual(
    calls.map(({ words }) => words),
    ['bird', 'birds'],
  );
  assert.equal(calls[0].signal.aborted, true);
  calls[1].resolve({ hits: ['of birds'] });
  await settle();
  calls[0].resolve({ hits: ['of bird'] });
  await settle();
  assert.deepEqual([search.stage, search.hits], ['found', ['of birds']]);
  search.look('birds');
  assert.equal(search.stage, 'found');
  search.look('');
  assert.deepEqual([search.stage, search.hits], ['none', []]);
  mock.timers.reset();
});

test('a search that failed can be tried again', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let isDown = true;
  const search = new Search(
    { search: async () => (isDown ? Promise.reject(new Refused('Out of reach.', 0)) : { hits: [] }) },
    () => {},
  );
  search.look('bees');
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual([search.stage, search.problem], ['failed', 'Out of reach.']);
  isDown = false;
  search.again();
  await settle();
  assert.equal(search.stage, 'found');
  mock.timers.reset();
});

test('an address names a conversation and a message, whatever their ids are made of', () => {
  for (const place of [
    { id: null, messageId: null },
    { id: 'conv_1', messageId: null },
    { id: 'a/b c%', messageId: 'item#1 ü' },
  ]) {
    const { pathname, hash } = new URL(addressOf(place), 'http://vox');
    assert.deepEqual(placeOf({ pathname, hash }), place);
  }
  assert.deepEqual(placeOf({ pathname: '/c/%E0%A4%A', hash: '' }), { id: null, messageId: null });
  assert.deepEqual(placeOf({ pathname: '/elsewhere', hash: '#x' }), { id: null, messageId: null });
});

test('a draft is kept for each conversation, and that of a new one moves along when it gets its id', () => {
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
  const drafts = new Drafts(() => storage);
  drafts.set(null, 'half a');
  drafts.set('conv_1', 'other');
  drafts.named('conv_2');
  const reloaded = new Drafts(() => storage);
  assert.deepEqual(
    [null, 'conv_1', 'conv_2'].map((id) => reloaded.get(id)),
    ['', 'other', 'half a'],
  );
  reloaded.set('conv_1', '');
  assert.equal(new Drafts(() => storage).get('conv_1'), '');
  items.set('vox.drafts.1', '{"not": "ours"}');
  assert.equal(new Drafts(() => storage).get('conv_2'), '');
});

test('what was deleted can be taken back after a reload, for as long as the server has it', () => {
  const items = new Map();
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
  let now = 1_000_000;
  const reloaded = () => new Deleted(() => storage, () => now);
  const deleted = reloaded();
  deleted.add({ id: 'conv_1', title: 'Tea', wasOpen: true });
  deleted.add({ id: 'conv_2', title: null, wasOpen: false });
  deleted.add({ id: 'conv_3', title: 'Sea', wasOpen: false });
  deleted.drop('conv_3');
  assert.deepEqual(
    reloaded().all.map(({ id, wasOpen }) => [id, wasOpen]),
    [['conv_1', true], ['conv_2', false]],
  );
  now += 25 * 60 * 60 * 1000;
  assert.deepEqual(reloaded().all, []);
  items.set('vox.deleted.1', '{"not": "ours"}');
  assert.deepEqual(reloaded().all, []);
  const forbidden = new Deleted(() => {
    throw new Error('blocked');
  });
  forbidden.add({ id: 'conv_1', title: 'Tea', wasOpen: true });
  assert.equal(forbidden.all.length, 1);
});

/** @type {OnDesk[]} */
const desks = [];

// They would go on trying to connect.
afterEach(() => {
  for (const { told } of desks.splice(0)) told.session.socket.close();
});

/** A desk whose socket, server and address bar are the test's. */
class OnDesk {
  told = new Told();
  shelf = new Shelf('a', 'b', 'c');
  list = new ConversationList(this.shelf, () => {});
  history = [];
  shown = [];
  undo = async () => {};

  constructor(place = { id: null, messageId: null }) {
    desks.push(this);
    this.history.push(place);
    const bar = {
      place,
      go: (place) => {
        this.history.push(place);
        bar.place = place;
      },
      be: (place) => {
        this.history.splice(-1, 1, place);
        bar.place = place;
      },
    };
    const addressBar = (moved) => {
      this.back = () => {
        this.history.pop();
        bar.place = this.history.at(-1);
        moved(bar.place);
      };
      return bar;
    };
    this.desk = new Desk(this.told.session, this.shelf, this.list, addressBar, {
      moved: () => {},
      named: () => {},
      shown: (messageId) => this.shown.push(messageId),
      deleted: (_, undo) => (this.undo = undo),
    });
    this.told.session.incoming.told = (event) => this.desk.told(event);
    this.desk.start();
  }

  /** The server accepts the connection and says which conversation it is about. */
  async accept(id, more = {}) {
    this.told.connect();
    this.told.say({ type: 'vox.conversation', id, title: null, kept: true, deleted: false, ...more });
    await settle();
    this.desk.changed(this.told.state);
  }

  get addresses() {
    return this.history.map(addressOf);
  }

  get notices() {
    return this.told.state.notices.map(({ text }) => text);
  }
}

test('a new conversation gets its address with its first message, not before', async () => {
  const on = new OnDesk();
  await on.accept('conv_new');
  assert.deepEqual(on.addresses, ['/']);
  on.told.session.send('Hello');
  on.desk.changed(on.told.state);
  assert.deepEqual(on.addresses, ['/c/conv_new']);
  on.desk.begin();
  assert.deepEqual(on.addresses, ['/c/conv_new', '/']);
  assert.match(on.told.socket.address, /conversation=new$/);
});

test('what is not kept has no address', async () => {
  const on = new OnDesk();
  await on.accept('conv_new', { kept: false });
  on.told.session.send('Hello');
  on.desk.changed(on.told.state);
  assert.deepEqual(on.addresses, ['/']);
});

test('to begin anew where nothing was said yet changes nothing', async () => {
  const on = new OnDesk();
  await on.accept('conv_new');
  const { socket } = on.told;
  on.desk.begin();
  assert.equal(on.told.socket, socket);
});

test('an address opens its conversation, goes to its message, and back leads to the one before', async () => {
  const on = new OnDesk({ id: 'a', messageId: 'm1' });
  await on.accept('a');
  assert.deepEqual(on.shown, ['m1']);
  on.desk.open('b');
  await on.accept('b');
  on.desk.open('b', 'm2');
  assert.deepEqual(on.shown, ['m1', null, 'm2']);
  on.back();
  on.back();
  assert.match(on.told.socket.address, /conversation=a$/);
});

test('who goes on to another conversation does not get the messages of the one before', async () => {
  const on = new OnDesk({ id: 'a', messageId: null });
  let answer = (_) => {};
  on.shelf.whole = (id) => new Promise((resolve) => (answer = () => resolve({ id, messages: [] })));
  await on.accept('a');
  const late = answer;
  on.desk.open('b');
  late();
  await settle();
  assert.equal(on.told.state.opened.id, 'b');
  assert.equal(on.told.state.opened.stage, 'opening');
  assert.deepEqual(on.shown, []);
});

test('an unknown address gives a calm sentence and a new conversation', async () => {
  const on = new OnDesk({ id: 'nowhere', messageId: null });
  on.told.connect();
  on.told.say(
    { type: 'error', error: { code: 'conversation_not_found', message: 'There is no such conversation.' } },
    { type: 'vox.conversation', id: 'conv_new', title: null, kept: true, deleted: false },
  );
  assert.deepEqual(on.addresses, ['/']);
  assert.equal(on.notices.length, 1);
  assert.match(on.notices[0], /not here.*new one/);
  assert.equal(on.told.state.opened.stage, 'open');
  assert.deepEqual(on.shelf.asked, []);
});

test('a reconnected new conversation in which nothing was said is no trouble', async () => {
  const on = new OnDesk();
  await on.accept('conv_new');
  on.told.disconnect();
  on.told.session.socket.hurry();
  await on.accept('conv_new');
  assert.equal(on.told.state.opened.stage, 'open');
  assert.deepEqual(on.notices, []);
});

test('messages that cannot be fetched are told, and the conversation goes on', async () => {
  const on = new OnDesk({ id: 'a', messageId: null });
  on.shelf.isDown = true;
  await on.accept('a');
  assert.match(on.notices[0], /could not be fetched: VOX can’t be reached/);
  assert.equal(on.told.state.opened.stage, 'open');
});

test('deleting the open conversation begins a new one, and undo comes back to it', async () => {
  const on = new OnDesk({ id: 'b', messageId: null });
  await on.list.load();
  await on.accept('b');
  on.desk.remove(on.list.entries[1]);
  assert.deepEqual(ids(on.list), ['a']);
  await on.accept('conv_new');
  assert.deepEqual(on.addresses, ['/']);
  await on.undo();
  assert.deepEqual(ids(on.list), ['a', 'b']);
  assert.match(on.told.socket.address, /conversation=b$/);
});

test('undo after something else was begun leaves the person there', async () => {
  const on = new OnDesk({ id: 'a', messageId: null });
  await on.list.load();
  await on.accept('a');
  on.desk.remove(on.list.entries[1]);
  assert.equal(on.told.state.opened.id, 'a');
  await on.undo();
  assert.equal(on.told.state.opened.id, 'a');
  assert.deepEqual(on.shelf.asked.slice(-2), ['remove b', 'restore b']);
});

test('a conversation that could not be deleted is in the list again, with a word why', async () => {
  const on = new OnDesk();
  await on.list.load();
  on.shelf.isDown = true;
  on.desk.remove(on.list.entries[0]);
  assert.deepEqual(ids(on.list), ['b']);
  await settle();
  assert.deepEqual(ids(on.list), ['a', 'b']);
  assert.match(on.notices[0], /can’t be reached/);
});
