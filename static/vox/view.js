// @ts-check
// Shows what the page knows. Reads the state, owns the elements, decides nothing.

/** @import {State} from './conversation/state.js' */
/** @import {Session} from './session.js' */

import { preferences } from './preferences.js';
import { Banner } from './view/banner.js';
import { Composer } from './view/composer.js';
import { Dock } from './view/dock.js';
import { byId } from './view/dom.js';
import { Follow } from './view/follow.js';
import { Header } from './view/header.js';
import { MessageList } from './view/messages.js';
import { ModelsSheet } from './view/models-sheet.js';
import { NoticeList } from './view/notices.js';
import { TalkSettings } from './view/talk-settings.js';
import { themeSwitch } from './view/theme.js';
import { Voice } from './view/voice.js';

export class View {
  #welcome = byId('welcome', HTMLElement);
  #header = new Header(byId('open-models', HTMLElement));
  #sheet = new ModelsSheet();
  #settings = new TalkSettings(preferences);
  #banner = new Banner((atDemo) => this.#sheet.open(atDemo));

  /** @param {Session} session */
  constructor(session) {
    const log = byId('log', HTMLElement);
    this.messages = new MessageList(log);
    this.follow = new Follow(byId('scroller', HTMLElement), log);
    this.notices = new NoticeList(byId('notices', HTMLElement), (notice) => session.dismiss(notice));
    this.composer = new Composer((text) => session.send(text));
    this.dock = new Dock({
      talk: () => session.talk(),
      hold: () => session.hold(),
      letGo: () => session.letGo(),
      switchHandsFree: () => session.switchHandsFree(),
      switchMute: () => session.switchMute(),
      stopGenerating: () => session.stopGenerating(),
      stopAll: () => session.stopAll(),
    });
    this.voice = new Voice(session.player, this.messages, this.dock.ring);
    themeSwitch(byId('theme', HTMLButtonElement));
  }

  /**
   * What the microphone hears.
   * @param {number} rms 0 to 1
   */
  heard(rms) {
    this.dock.ring.heard(rms);
    this.#settings.heard(rms);
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render(state, before) {
    this.dock.render(state);
    this.messages.render(state.messages, before.messages);
    this.voice.render(state);
    this.notices.render(state.notices);
    this.#sheet.render(state, before);
    if (state.models !== before.models) {
      this.#header.render(state.models);
      this.#banner.render(state.models);
    }
    this.#welcome.hidden = state.messages.length > 0;
    if (said(state) > said(before)) this.follow.toEnd();
  }
}

/** @param {State} state */
function said({ messages }) {
  return messages.filter(({ role }) => role === 'user').length;
}
