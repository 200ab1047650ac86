// @ts-check
// Shows what the page knows. Reads the state, owns the elements, decides nothing.

/** @import {State} from './conversation/state.js' */
/** @import {Session} from './session.js' */
/** @import {ServerEvent} from './wire.js' */

import { preferences } from './preferences.js';
import { Banner } from './view/banner.js';
import { Composer } from './view/composer.js';
import { Dock } from './view/dock.js';
import { byId } from './view/dom.js';
import { FirstStartCard } from './view/first-start.js';
import { Follow } from './view/follow.js';
import { Header } from './view/header.js';
import { MessageActions } from './view/message-actions.js';
import { messagePresses } from './view/message-presses.js';
import { MessageList } from './view/messages.js';
import { ModelsSheet } from './view/models-sheet.js';
import { NoticeList } from './view/notices.js';
import { ShortcutsSheet } from './view/shortcuts-sheet.js';
import { TalkSettings } from './view/talk-settings.js';
import { themeChoice } from './view/theme.js';
import { title } from './view/title.js';
import { Voice } from './view/voice.js';
import { VoicesSheet } from './voices/voices-sheet.js';

export class View {
  #welcome = byId('welcome', HTMLElement);
  #opening = byId('opening', HTMLElement);
  #header = new Header(byId('open-models', HTMLElement));
  #sheet = new ModelsSheet();
  #settings = new TalkSettings(preferences);
  #banner = new Banner((atDemo) => this.#sheet.open(atDemo));
  #firstStart = new FirstStartCard(preferences, {
    changed: () => this.#showWelcome(),
    openModels: (atDemo) => this.#sheet.open(atDemo),
  });
  #hasMessages = false;

  /** @param {Session} session */
  constructor(session) {
    const log = byId('log', HTMLElement);
    this.messages = new MessageList(log, new MessageActions(log, messagePresses(session)));
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
    this.voices = new VoicesSheet(session);
    themeChoice(byId('themes', HTMLElement).querySelectorAll('input'));
    this.shortcuts = new ShortcutsSheet(preferences);
  }

  /**
   * What the microphone hears.
   * @param {number} rms 0 to 1
   */
  heard(rms) {
    this.dock.ring.heard(rms);
    this.#settings.heard(rms);
    this.#firstStart.heard(rms);
  }

  /**
   * @param {State} state
   * @param {State} before
   */
  render(state, before) {
    this.dock.render(state);
    document.title = title(state, state.opened.title ?? '');
    this.messages.render(state.messages, before.messages);
    this.messages.renderReplay(state.replay, before.replay);
    this.voice.render(state);
    this.notices.render(state.notices);
    this.#sheet.render(state, before);
    this.voices.render(state, before);
    if (state.models !== before.models) {
      this.#header.render(state.models);
      this.#banner.render(state.models);
    }
    this.#opening.hidden = state.opened.stage !== 'opening';
    this.#hasMessages = state.messages.length > 0;
    this.#firstStart.render(state);
    this.#showWelcome();
    if (said(state) > said(before)) this.follow.toEnd();
  }

  /** @param {ServerEvent} event of which the conversation knows */
  told(event) {
    if (event.type === 'vox.voices') this.voices.changed();
  }

  #showWelcome() {
    this.#welcome.hidden = this.#hasMessages || this.#firstStart.isShown || !this.#opening.hidden;
  }
}

/** @param {State} state what the person said in this tab */
function said({ messages }) {
  return messages.filter(({ role, kept }) => role === 'user' && !kept).length;
}
