// @ts-check
// The events on the socket, as types: OpenAI's Realtime protocol as far as the page uses it, and
// VOX's own additions (`vox.…`). docs/protocol.md says what each means.

/** Hz of the sound that the server sends. */
export const SPEECH_RATE = 24_000;

/**
 * @typedef {'stt' | 'llm' | 'tts'} Kind the ears, the brain, the voice
 *
 * @typedef {object} Progress
 * @property {string} stage what is being done ("Downloading t3.safetensors")
 * @property {number | null} done null when it is not measured
 * @property {number | null} total
 * @property {'bytes' | 'stages'} unit
 * @property {number | null} [bytes_per_second] of bytes, over the last seconds
 * @property {number | null} [seconds_left] of bytes, at that speed
 *
 * @typedef {object} Model
 * @property {'unloaded' | 'loading' | 'ready' | 'failed'} state
 * @property {string} name
 * @property {string} device
 * @property {string} precision how exactly it computes ("int8"), "" where there is no choice
 * @property {string} notice
 * @property {string | null} error
 * @property {Progress | null} progress
 * @property {number | null} load_seconds
 * @property {boolean} demo
 * @property {boolean} switching another is being loaded to take its place, with its progress
 * @property {boolean} goes_when_free it is unloaded as soon as nobody uses it
 * @property {string[]} in_use what it is used for now
 * @property {number | null} idle_seconds for how long it was not used; null while it is, or not loaded
 *
 * @typedef {Record<Kind, Model>} Models
 *
 * @typedef {object} Timings milliseconds, null where there was no such step
 * @property {number | null} voiced_until_ms where the person's voice ended, in all audio sent in this session
 * @property {number | null} endpoint_ms from there until it was clear that they had finished
 * @property {number | null} stt_ms
 * @property {number | null} llm_ms
 * @property {number | null} tts_ms
 * @property {number | null} total_ms
 */

/**
 * @typedef {object} Part
 * @property {string} type
 * @property {string | null} [text]
 * @property {string | null} [transcript]
 *
 * @typedef {object} Item
 * @property {string} id
 * @property {string} type
 * @property {'user' | 'assistant' | 'system'} role
 * @property {Part[]} [content]
 *
 * @typedef {object} KeptSpeech the sound of a message, kept at the server
 * @property {number} duration_ms
 * @property {number} bytes
 *
 * @typedef {object} KeptMessage as the server keeps it
 * @property {string} id
 * @property {'user' | 'assistant' | 'system'} role
 * @property {string} text
 * @property {string} [unheard] of an interrupted reply: what was written after `text`, and never heard
 * @property {'in_progress' | 'completed' | 'interrupted' | 'failed'} state
 * @property {string | null} error a sentence for the person
 * @property {boolean} is_audio
 * @property {string} created_at ISO 8601
 * @property {string | null} ended_at
 * @property {KeptSpeech | null} speech
 *
 * @typedef {object} WireError
 * @property {string} code
 * @property {string} message a sentence for the person
 * @property {string} [event_id] of the event that was at fault
 *
 * @typedef {object} Response
 * @property {string} id
 * @property {'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete'} status
 * @property {{reason?: string, error?: {code?: string, message?: string} | null} | null} [status_details]
 */

/**
 * @typedef {{audio?: {output?: {voice?: string}}}} SessionConfig
 *
 * @typedef {{type: 'session.created', session?: SessionConfig}} SessionCreated
 * @typedef {{type: 'session.updated', session: SessionConfig}} SessionUpdated
 * @typedef {{type: 'input_audio_buffer.speech_started', item_id: string, audio_start_ms: number}} SpeechStarted
 * @typedef {{type: 'input_audio_buffer.speech_stopped', item_id: string, audio_end_ms: number}} SpeechStopped
 * @typedef {{type: 'input_audio_buffer.committed', item_id: string}} Committed
 * @typedef {{type: 'input_audio_buffer.cleared'}} Cleared
 * @typedef {{type: 'conversation.item.added', item: Item}} ItemAdded
 * @typedef {{type: 'conversation.item.deleted', item_id: string}} ItemDeleted
 * @typedef {{type: 'conversation.item.input_audio_transcription.delta', item_id: string, delta: string}} HeardDelta
 * @typedef {{type: 'conversation.item.input_audio_transcription.completed', item_id: string, transcript: string}} Heard
 * @typedef {{type: 'conversation.item.input_audio_transcription.failed', item_id: string, error: WireError}} NotHeard
 * @typedef {{type: 'response.created', response: Response}} ResponseCreated
 * @typedef {{type: 'response.output_item.added', response_id: string, item: Item}} OutputItemAdded
 * @typedef {{type: 'response.output_audio_transcript.delta' | 'response.output_text.delta', response_id: string, item_id: string, delta: string}} TextDelta
 * @typedef {{type: 'response.output_audio_transcript.done', response_id: string, item_id: string, transcript: string}} TranscriptDone
 * @typedef {{type: 'response.output_text.done', response_id: string, item_id: string, text: string}} TextDone
 * @typedef {{type: 'response.output_audio.delta', response_id: string, item_id: string, delta: string}} AudioDelta
 * @typedef {{type: 'response.done', response: Response}} ResponseDone
 * @typedef {{type: 'error', error: WireError}} ErrorEvent
 * @typedef {{type: 'vox.models', models: Models}} ModelsEvent
 * @typedef {{type: 'vox.phrase', response_id: string, item_id: string, index: number, start: number, end: number, audio_start_ms: number}} PhraseEvent
 * @typedef {{type: 'vox.phrase.progress', response_id: string, item_id: string, index: number, fraction: number}} PhraseProgressEvent
 * @typedef {{type: 'vox.hearing', item_id: string, stable: string, unstable: string}} HearingEvent
 * @typedef {{type: 'vox.voice', phase: 'duck' | 'hold' | 'resume'}} VoiceEvent
 * @typedef {{type: 'vox.notice', level: 'info' | 'warning' | 'error', code: string, message: string, response_id?: string}} NoticeEvent
 * @typedef {{type: 'vox.timings', response_id: string} & Timings} TimingsEvent
 * @typedef {{type: 'vox.conversation', id: string, title: string | null, kept: boolean, deleted?: boolean}} ConversationEvent
 * @typedef {{type: 'vox.conversations', changed: string[]}} ConversationsEvent
 * @typedef {{type: 'vox.voices'}} VoicesEvent
 * @typedef {{type: 'vox.message', conversation_id: string, message: KeptMessage, after: string | null}} KeptMessageEvent
 *
 * @typedef {SessionCreated | SessionUpdated | SpeechStarted | SpeechStopped | Committed | Cleared | ItemAdded
 *   | ItemDeleted | HeardDelta | Heard | NotHeard | ResponseCreated | OutputItemAdded | TextDelta | TranscriptDone
 *   | TextDone | AudioDelta | ResponseDone | ErrorEvent | ModelsEvent | PhraseEvent
 *   | PhraseProgressEvent | HearingEvent | VoiceEvent | NoticeEvent | TimingsEvent | ConversationEvent
 *   | ConversationsEvent | VoicesEvent | KeptMessageEvent} ServerEvent
 *   The events that the page acts on; it lets all others pass.
 */

/**
 * @typedef {{type: 'session.update', session: object}
 *   | {type: 'input_audio_buffer.append', audio: string}
 *   | {type: 'input_audio_buffer.commit'}
 *   | {type: 'input_audio_buffer.clear'}
 *   | {type: 'conversation.item.create', item: object}
 *   | {type: 'conversation.item.truncate', item_id: string, content_index: 0, audio_end_ms: number}
 *   | {type: 'response.create'}
 *   | {type: 'response.cancel', response_id?: string}} ClientEvent
 */
