// @ts-check
// What the server says, and what follows from it here: sound goes to the player, the rest to the
// conversation, and where somebody has changed their mind meanwhile it comes too late.

/** @import {Session} from './session.js' */
/** @import {ServerEvent, TimingsEvent, WireError} from './wire.js' */

/** @typedef {Pick<Session, 'conversation' | 'replies' | 'input' | 'handsFree' | 'dictation' | 'line'>} Parts */

export class Incoming {
  /**
   * @param {Parts} parts of the session
   * @param {object} listener
   * @param {(text: string) => void} listener.giveBack typed text that the server did not take
   * @param {(event: ServerEvent) => void} [listener.told] what it said, once the conversation knows it
   */
  constructor(parts, { giveBack, told = () => {} }) {
    this.parts = parts;
    this.conversation = parts.conversation;
    this.giveBack = giveBack;
    this.told = told;
  }

  /** @param {ServerEvent} event */
  receive(event) {
    const { replies, input, handsFree, line } = this.parts;
    switch (event.type) {
      case 'response.output_audio.delta':
        replies.play(event);
        return;
      case 'error':
        this.#refused(event.error);
        this.told(event);
        return;
      case 'session.created':
        replies.player.forget();
        input.restart();
        break;
      case 'input_audio_buffer.cleared':
        input.cleared();
        break;
      case 'input_audio_buffer.speech_started':
        // The server has ended what it was saying.
        replies.interrupt(false);
        break;
      case 'input_audio_buffer.speech_stopped':
        handsFree.over(event.item_id);
        break;
      case 'vox.voice':
        replies.player.giveWay(event.phase);
        return;
      case 'response.output_item.added':
        replies.added(event);
        break;
      case 'vox.conversation':
        line.stayAt(event.id);
        break;
      case 'response.done':
        if (event.response.status === 'cancelled') replies.cancelled(event.response);
        break;
    }
    this.conversation.dispatch(event);
    this.#afterwards(event);
    this.told(event);
  }

  /** @param {ServerEvent} event which is known to the conversation now */
  #afterwards(event) {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        if (this.#isLate || !this.parts.handsFree.wantsFrames) {
          this.conversation.dispatch({ type: 'page.dropped' });
        }
        break;
      case 'response.created':
        this.parts.replies.created(event.response.id, this.#isLate);
        break;
      case 'vox.timings':
        this.#measured(event);
        break;
    }
  }

  /** Whether what the server hears by itself comes from before it knew that the person wants it not. */
  get #isLate() {
    return this.parts.input.isClearing || this.parts.dictation.busy;
  }

  /** @param {TimingsEvent} event */
  #measured({ response_id: responseId, voiced_until_ms: voicedUntil }) {
    const at = voicedUntil === null ? null : this.parts.input.clock.timeOf(voicedUntil);
    if (at !== null) this.conversation.dispatch({ type: 'page.voicedUntil', responseId, at });
  }

  /**
   * The server did not take something. Without the words it was to answer, a reply would answer
   * something else, so it is called off.
   * @param {WireError} error
   */
  #refused(error) {
    const { messages, turn } = this.conversation.state;
    const typed = messages.find(({ sentAs }) => sentAs !== null && sentAs === error.event_id);
    const spoken = turn !== null && turn.commitId !== null && turn.commitId === error.event_id;
    this.conversation.dispatch({ type: 'error', error });
    if (typed) this.giveBack(typed.text);
    if (typed || spoken) this.parts.replies.interrupt();
  }
}
