// @ts-check
// VOX in the browser: puts the session and the view together. The story of a turn goes
//   view/dock.js -> session.js -> input.js -> realtime.js -> (the server) -> incoming.js -> conversation.js ->
// view.js, with the sound of the reply in player.js and the conversations around it in conversations.js.

import { INITIAL } from './vox/conversation/state.js';
import { Conversations } from './vox/conversations.js';
import { Session } from './vox/session.js';
import { View } from './vox/view.js';

const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';

const session = new Session({
  address: `${scheme}//${location.host}/v1/realtime?model=vox`,
  changed: (state, before) => {
    view.render(state, before);
    conversations.changed(state, before);
  },
  told: (event) => {
    conversations.told(event);
    view.told(event);
  },
  level: (level) => view.heard(level),
  giveBack: (text) => view.composer.giveBack(text),
});
const view = new View(session);
const conversations = new Conversations(session, view);
view.render(session.state, INITIAL);

window.vox = {
  activeAudio: session.player.activeAudio,
  get output() {
    return session.player.output;
  },
};

// Browsers let sound begin only after a press; any press will do.
for (const press of ['pointerdown', 'keydown']) {
  addEventListener(press, () => session.player.resume(), { capture: true, passive: true });
}
addEventListener('online', () => session.socket.hurry());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') session.socket.hurry();
});
addEventListener('pagehide', () => session.leave());
addEventListener('pageshow', () => session.socket.connect());
conversations.start();
