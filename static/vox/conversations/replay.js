// @ts-check
// Hearing a kept message once more.

/** @import {Clip} from '../clips.js' */
/** @import {Conversation} from '../conversation.js' */
/** @import {Player} from '../player.js' */

import { Refused } from '../api.js';
import * as sentences from '../sentences.js';
import { speechAddress } from './api.js';

export class Replay {
  /** @type {Clip | null} */
  #clip = null;

  /**
   * @param {Conversation} conversation
   * @param {Player} player
   */
  constructor(conversation, player) {
    this.conversation = conversation;
    this.player = player;
  }

  /**
   * Play a message; silence it when it is the one that plays. Call this inside a press.
   * @param {string} messageId
   */
  toggle(messageId) {
    const { opened, replay } = this.conversation.state;
    if (opened.id === null) return;
    if (replay?.messageId === messageId) {
      this.#clip?.stop();
      return;
    }
    const call = new AbortController();
    this.#clip = this.player.playClip(fetched(speechAddress(opened.id, messageId, 'wav'), call.signal), {
      onStarted: () => this.#is({ messageId, stage: 'playing' }),
      onEnded: (how, problem) => {
        call.abort();
        // Another one may have taken its place.
        if (this.conversation.state.replay?.messageId === messageId) this.#is(null);
        if (how === 'failed') this.#tell(problem);
      },
    });
    this.#is({ messageId, stage: 'fetching' });
  }

  /** @param {import('../conversation/state.js').Replay | null} replay */
  #is(replay) {
    this.conversation.dispatch({ type: 'page.replay', replay });
  }

  /** @param {unknown} problem */
  #tell(problem) {
    const sentence = problem instanceof Refused ? problem.message : sentences.NO_REPLAY;
    this.conversation.notice('warning', 'replay', sentence);
  }
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @throws {Refused}
 */
async function fetched(address, signal) {
  const answer = await fetch(address, { signal });
  if (answer.ok) return answer.arrayBuffer();
  const { error } = await answer.json().catch(() => ({}));
  throw new Refused(error ?? sentences.NO_REPLAY, answer.status);
}
