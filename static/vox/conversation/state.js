// @ts-check
// What the page knows, as plain data. Only `reduce` (../conversation.js) makes a new one.

/** @import {KeptMessage, KeptSpeech, Models, ServerEvent, Timings} from '../wire.js' */

/**
 * @typedef {object} Phrase a stretch of a reply that is spoken in one go
 * @property {number} start UTF-16 offset in the reply's text
 * @property {number} end
 * @property {number} at milliseconds into the reply's sound
 *
 * @typedef {object} Making the phrase whose sound comes next
 * @property {number} index of the phrase in its reply
 * @property {number} fraction of the work that is done, 0 to 1, as the voice measures it
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {'user' | 'assistant'} role
 * @property {string} text
 * @property {string | null} unstable words heard live that follow the text and may still change; null
 *   when nothing was heard live, or all of it is final
 * @property {'hearing' | 'streaming' | 'done' | 'stopped' | 'failed'} state 'hearing': the person's
 *   words are still being written down
 * @property {string} note small print for the person, or ""
 * @property {boolean} earlier from before the connection was lost; the server knows it no more
 * @property {string | null} sentAs the event that carried a typed message, until the server has it
 * @property {string | null} responseId
 * @property {readonly Phrase[]} phrases
 * @property {Making | null} making null where the voice tells nothing of its work
 * @property {boolean} playing its sound is playing or scheduled
 * @property {boolean} silent a reply in text only
 * @property {number | null} spokenEnd of a reply cut off: where in the text the voice fell silent
 * @property {number | null} askedAt of a reply: when the person had finished; null while not known
 * @property {number | null} soundAt of a reply: when its first sound could be heard
 * @property {Timings | null} timings of a reply, as the server measured them
 *   All times are those of performance.now().
 * @property {number | null} at when it was begun, in milliseconds since 1970; set when it is shown
 * @property {boolean} kept it is shown as the server keeps it; else it was said in this tab
 * @property {KeptSpeech | null} speech its sound, where the server keeps it
 *
 * @typedef {object} Opened the conversation that this tab shows and goes on with
 * @property {string | null} id null while it is not known: of a new one, or where nothing is kept
 * @property {string | null} title
 * @property {boolean} kept whether what is said is kept
 * @property {boolean} deleted in another tab
 * @property {'none' | 'new' | 'opening' | 'open' | 'refreshing'} stage 'opening', 'refreshing': its
 *   messages are on their way, for the first time or once more after a lost connection
 *
 * @typedef {object} Replay kept sound that is played once more
 * @property {string} messageId
 * @property {'fetching' | 'playing'} stage
 *
 * @typedef {object} Turn what the person said last, and the reply to it, until its sound has ended
 * @property {string | null} createId the event that asked for the reply; null when the server began
 * @property {string | null} commitId the event that ended the recording; null when typed
 * @property {string | null} itemId the recording's item
 * @property {number | null} askedAt when the press came that ended it; null when the server heard the end
 * @property {string | null} responseId
 * @property {boolean} hearing the recording is being transcribed
 * @property {boolean} answering there is something to hear (or, in a text reply, to read)
 * @property {boolean} silent the reply comes in text only
 * @property {boolean} done the server has ended the reply
 *
 * @typedef {object} Notice
 * @property {string} code what it is about; '' for anything
 * @property {'info' | 'warning' | 'error'} level
 * @property {string} text
 *
 * @typedef {'off' | 'starting' | 'on' | 'finishing'} RecordingPhase one that a person ends: Talk, the key
 *
 * @typedef {'off' | 'opening' | 'on'} HandsFreePhase
 *
 * @typedef {object} Utterance what is being said in the open, of which the server finds the end
 * @property {string} itemId
 * @property {'on' | 'over' | 'goes on'} stage 'over': it has ended, and may turn out to be no speech.
 *   'goes on': it was taken for a turn, and the person went on; it gets a new item
 *
 * @typedef {object} State
 * @property {'connecting' | 'open' | 'lost'} connection
 * @property {Models | null} models
 * @property {string} voice the session's: a voice's id, or 'default'
 * @property {RecordingPhase} recording
 * @property {number | null} finishedAt when the press came that ended the last recording
 * @property {boolean} quiet the microphone has given nothing at all since it was listened to
 * @property {HandsFreePhase} handsFree
 * @property {boolean} muted nothing is sent although the microphone is open
 * @property {Utterance | null} utterance
 * @property {string | null} unasked the utterance that the next response answers by itself
 * @property {Turn | null} turn
 * @property {readonly string[]} creates requests for a reply, in order, that have no response yet
 * @property {readonly string[]} commits recordings, in order, that have no item yet
 * @property {ReadonlySet<string>} dead responses that were stopped; what still comes of them is dropped
 * @property {Opened} opened
 * @property {Replay | null} replay
 * @property {readonly Message[]} messages
 * @property {readonly Notice[]} notices
 * @property {'none' | 'stopped' | 'failed'} last how the last turn ended, until the next action
 */

/**
 * @typedef {object} Heard of one reply's sound, at the moment of a stop
 * @property {number} heardMs
 * @property {number} totalMs received so far
 *
 * @typedef {{type: 'page.recording', phase: RecordingPhase}
 *   | {type: 'page.quiet', quiet: boolean}
 *   | {type: 'page.handsFree', phase: HandsFreePhase}
 *   | {type: 'page.muted', muted: boolean}
 *   | {type: 'page.unheard', itemId: string}
 *   | {type: 'page.dropped'}
 *   | {type: 'page.takenBack', responseId: string}
 *   | {type: 'page.spoke', commitId: string, createId: string}
 *   | {type: 'page.typed', itemId: string, text: string, sentAs: string, createId: string}
 *   | {type: 'page.interrupted', heard: ReadonlyMap<string, Heard>}
 *   | {type: 'page.stopped'}
 *   | {type: 'page.audioStarted', itemId: string}
 *   | {type: 'page.audioEnded', itemId: string}
 *   | {type: 'page.firstSound', itemId: string, at: number}
 *   | {type: 'page.voicedUntil', responseId: string, at: number}
 *   | {type: 'page.notice', notice: Notice}
 *   | {type: 'page.dismissed', notice: Notice}
 *   | {type: 'page.disconnected', sentence: string}
 *   | {type: 'page.opening', id: string | null}
 *   | {type: 'page.kept', id: string, messages: readonly KeptMessage[] | null}
 *   | {type: 'page.replay', replay: Replay | null}} PageAction what happened in the page
 *
 * @typedef {PageAction | ServerEvent} Action
 */

/** @type {State} */
export const INITIAL = {
  connection: 'connecting',
  models: null,
  voice: 'default',
  recording: 'off',
  finishedAt: null,
  quiet: false,
  handsFree: 'off',
  muted: false,
  utterance: null,
  unasked: null,
  turn: null,
  creates: [],
  commits: [],
  dead: new Set(),
  opened: { id: null, title: null, kept: false, deleted: false, stage: 'none' },
  replay: null,
  messages: [],
  notices: [],
  last: 'none',
};

/** @type {Turn} */
export const NEW_TURN = {
  createId: null,
  commitId: null,
  itemId: null,
  askedAt: null,
  responseId: null,
  hearing: false,
  answering: false,
  silent: false,
  done: false,
};

/**
 * @param {Pick<Message, 'id' | 'role'> & Partial<Message>} given
 * @returns {Message}
 */
export function newMessage(given) {
  return {
    text: '',
    unstable: null,
    state: 'done',
    note: '',
    earlier: false,
    sentAs: null,
    responseId: null,
    phrases: [],
    making: null,
    playing: false,
    silent: false,
    spokenEnd: null,
    askedAt: null,
    soundAt: null,
    timings: null,
    at: null,
    kept: false,
    speech: null,
    ...given,
  };
}
