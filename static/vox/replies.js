// @ts-check
// What VOX says: its sound, and its end, whoever ends it.

/** @import {Conversation} from './conversation.js' */
/** @import {Heard, Message} from './conversation/state.js' */
/** @import {Realtime} from './realtime.js' */
/** @import {AudioDelta, OutputItemAdded, Response} from './wire.js' */

import { fromBase64, toFloat32 } from './pcm.js';
import { Player } from './player.js';
import * as sentences from './sentences.js';

export class Replies {
  /**
   * @param {Conversation} conversation
   * @param {Realtime} socket
   * @param {() => AudioContext} [createContext]
   */
  constructor(conversation, socket, createContext) {
    this.conversation = conversation;
    this.socket = socket;
    this.player = new Player(
      {
        started: (itemId) => conversation.dispatch({ type: 'page.audioStarted', itemId }),
        ended: (itemId) => conversation.dispatch({ type: 'page.audioEnded', itemId }),
        firstSound: (itemId, at) => conversation.dispatch({ type: 'page.firstSound', itemId, at }),
        blocked: (blocked) => this.#blocked(blocked),
        clip: () => this.#giveWayToClip(),
        lostSink: () => conversation.notice('warning', 'speaker', sentences.SPEAKER_FAILED),
      },
      createContext,
    );
  }

  /**
   * End the turn under way: silence first, then tell the server, and what was heard of it.
   * @param {boolean} [cancel] false when the server has ended it already, as far as it has begun it
   * @returns {boolean} whether there was one
   */
  interrupt(cancel = true) {
    const cut = this.player.stopAll();
    const { turn } = this.conversation.state;
    if (turn === null) return false;
    const { responseId } = turn;
    if ((cancel || responseId === null) && !turn.done) {
      const which = responseId === null ? {} : { response_id: responseId };
      this.socket.send({ type: 'response.cancel', ...which });
    }
    if (responseId !== null) this.player.refuse(responseId);
    const heard = this.#tellHeard(responseId, cut);
    this.conversation.dispatch({ type: 'page.interrupted', heard });
    return true;
  }

  /**
   * The server has begun one.
   * @param {string} responseId
   * @param {boolean} late it answers what the person has thrown away meanwhile
   */
  created(responseId, late) {
    const { dead, turn } = this.conversation.state;
    if (dead.has(responseId)) this.player.refuse(responseId);
    if (late && turn?.responseId === responseId && turn.createId === null) this.interrupt();
  }

  /** @param {OutputItemAdded} event */
  added({ response_id: responseId, item }) {
    // It was stopped before it was known here: nothing of it is heard, and history should say so.
    if (this.conversation.state.dead.has(responseId)) this.#truncate(item.id, 0);
  }

  /** @param {AudioDelta} event */
  play({ response_id: responseId, item_id: itemId, delta }) {
    this.player.play(responseId, itemId, toFloat32(fromBase64(delta)));
  }

  /**
   * The server ended one by itself; the page ends it too.
   * @param {Response} response
   */
  cancelled({ id: responseId, status_details: details }) {
    if (this.conversation.state.turn?.responseId !== responseId) return;
    if (details?.reason === 'turn_detected') {
      // Had any of it been heard, the utterance that interrupts it would have been told before.
      this.player.stopAll();
      this.player.refuse(responseId);
      this.conversation.dispatch({ type: 'page.takenBack', responseId });
      return;
    }
    this.interrupt(false);
    this.conversation.dispatch({ type: 'page.stopped' });
  }

  /**
   * @param {string | null} responseId
   * @param {Map<string, Heard>} cut what the player was stopped in
   * @returns {Map<string, Heard>} by item
   */
  #tellHeard(responseId, cut) {
    /** @param {Message} message */
    const spoken = (message) => responseId !== null && message.responseId === responseId && !message.silent;
    const heard = new Map();
    for (const { id } of this.conversation.state.messages.filter(spoken)) {
      const played = cut.get(id) ?? this.player.heard(id);
      heard.set(id, played);
      this.#truncate(id, played.heardMs);
    }
    return heard;
  }

  /**
   * @param {string} itemId
   * @param {number} heardMs
   */
  #truncate(itemId, heardMs) {
    this.socket.send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: heardMs,
    });
  }

  /** Two voices at once are none: what the person asks to hear takes the place of the reply. */
  #giveWayToClip() {
    if (this.interrupt()) this.conversation.dispatch({ type: 'page.stopped' });
  }

  /** @param {boolean} blocked */
  #blocked(blocked) {
    if (blocked) {
      this.conversation.notice('warning', 'sound', sentences.SOUND_BLOCKED);
      return;
    }
    const told = this.conversation.state.notices.find(({ code }) => code === 'sound');
    if (told) this.conversation.dismiss(told);
  }
}
