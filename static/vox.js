// @ts-check
// VOX in the browser: puts the session and the view together. The story of a turn goes
//   view/dock.js -> session.js -> input.js -> realtime.js -> (the server) -> conversation.js -> view.js
// with the sound of the reply in player.js.

import { INITIAL } from './vox/conversation/state.js';
import { Session } from './vox/session.js';
import { View } from './vox/view.js';

const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';

const session = new Session({
  address: `${scheme}//${location.host}/v1/realtime?model=vox`,
  changed: (state, before) => view.render(state, before),
  level: (level) => view.heard(level),
  giveBack: (text) => view.composer.giveBack(text),
});
const view = new View(session);
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
session.socket.connect();
