// @ts-check
// What the buttons under a message do.

/** @import {Session} from '../session.js' */
/** @import {MessagePresses} from './message-actions.js' */

import { find } from '../conversation/messages.js';
import { speechAddress } from '../conversations/api.js';
import { copy } from './copy.js';
import { openMenu } from './menu.js';

/**
 * @param {Session} session
 * @returns {MessagePresses}
 */
export function messagePresses(session) {
  return {
    copy: (id) => copy(find(session.state.messages, id)?.text ?? ''),
    replay: (id) => session.replay.toggle(id),
    downloads: (id, button) => {
      const { id: conversationId } = session.state.opened;
      if (conversationId === null) return;
      const file = (/** @type {'wav' | 'opus'} */ format) => speechAddress(conversationId, id, format, true);
      openMenu(button, 'Download the sound', [
        { label: 'WAV', icon: 'icon-download', download: file('wav') },
        { label: 'Opus', icon: 'icon-download', download: file('opus') },
      ]);
    },
  };
}
