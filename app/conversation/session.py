"""Session: one tab's conversation. It owns the history, what is being heard, and the one turn at
a time; every change happens under its lock.

Its methods are what a client may ask, one for each client event of the Realtime protocol, and
raise RequestError for what cannot be done.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import openai.types.realtime as realtime
from openai.types.realtime.realtime_server_event import ConversationItemRetrieved

from app.conversation.config import SessionConfig
from app.conversation.events import Listener, RequestError, VoxNotice, make, new_id
from app.conversation.hearing import Hearing
from app.conversation.history import History
from app.conversation.items import given_item
from app.conversation.reply import Reply
from app.conversation.request import ResponseRequest, response_request
from app.conversation.turn import Turn
from app.engines import Brain, Message
from app.llm.prompt import fit, system_prompt
from app.models import Models
from app.settings import Settings


class Session:
    """One conversation. ``listener`` is told its events in the order in which they happen."""

    def __init__(self, models: Models, settings: Settings, listener: Listener) -> None:
        self.id = new_id("sess")
        self._conversation_id = new_id("conv")
        self._models = models
        self._settings = settings
        self._listener = listener
        self._lock = threading.RLock()
        self._config = SessionConfig(instructions=settings.instructions)
        self._history = History()
        self._hearing = Hearing(listener, self._history, self._lock, models.stt, settings.max_utterance)
        self._turn: Turn | None = None

    def start(self) -> None:
        """Tell the client that the session is there."""
        session = self._config.as_realtime(self.id)
        self._listener.send(_session_event(realtime.SessionCreatedEvent, session))

    def close(self) -> None:
        """End everything that is under way. Nothing is told after this."""
        with self._lock:
            self._cancel_turn()
            self._hearing.close()

    # ----- the session

    def update(self, session: Mapping[str, Any]) -> None:
        with self._lock:
            voice = self._models.tts.loaded
            self._config = self._config.updated(session, voice.voices if voice else ())
            told = self._config.as_realtime(self.id)
            self._listener.send(_session_event(realtime.SessionUpdatedEvent, told))

    # ----- audio coming in

    def append_audio(self, pcm: bytes) -> None:
        """Take 16-bit mono PCM at the session's input rate."""
        with self._lock:
            self._hearing.append(pcm, self._config.input_rate)

    def clear_audio(self) -> None:
        with self._lock:
            self._hearing.clear()
            self._listener.send(make(realtime.InputAudioBufferClearedEvent))

    def commit_audio(self) -> None:
        with self._lock:
            self._hearing.commit()

    # ----- items

    def create_item(self, data: Any, previous_item_id: str | None = None) -> None:
        given = given_item(data)
        with self._lock:
            audio = None if given.pcm is None else self._hearing.decoded(given.pcm, self._config.input_rate)
            previous_id = self._history.insert(given.item, previous_item_id)
            if audio is not None:
                self._hearing.transcribe(given.item, audio, previous_id)
                return
            if given.item.role == "user":
                self._hearing.typed()
            told = given.item.as_realtime()
            self._listener.send(make(realtime.ConversationItemAdded, item=told, previous_item_id=previous_id))
            self._listener.send(make(realtime.ConversationItemDone, item=told, previous_item_id=previous_id))

    def retrieve_item(self, item_id: str) -> None:
        with self._lock:
            item = self._history.get(item_id)
            self._listener.send(make(ConversationItemRetrieved, item=item.as_realtime()))

    def delete_item(self, item_id: str) -> None:
        with self._lock:
            self._history.remove(item_id)
            self._hearing.stop(item_id)
            self._listener.send(make(realtime.ConversationItemDeletedEvent, item_id=item_id))

    def truncate_item(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Keep of a reply only what was heard by ``audio_end_ms`` of its audio."""
        with self._lock:
            item = self._history.get(item_id)
            if item.role != "assistant" or not item.is_audio or content_index != 0:
                raise RequestError("Only the audio of a spoken reply can be truncated.", param="item_id")
            if self._turn and self._turn.reply.item is item and not self._turn.reply.has_ended:
                raise RequestError("This reply is still being made. Cancel it first.", param="item_id")
            if not 0 <= audio_end_ms <= item.spoken.audio_ms + TRUNCATION_TOLERANCE_MS:
                raise RequestError(
                    f"This reply has {item.spoken.audio_ms:.0f} ms of audio; audio_end_ms lies outside.",
                    param="audio_end_ms",
                )
            heard = item.spoken.heard(item.text or "", audio_end_ms)
            item.interrupted = item.interrupted or heard != (item.text or "").rstrip()
            item.text = heard
            self._listener.send(
                make(
                    realtime.ConversationItemTruncatedEvent,
                    item_id=item_id,
                    content_index=0,
                    audio_end_ms=audio_end_ms,
                )
            )

    # ----- responses

    def create_response(self, data: Mapping[str, Any] | None = None) -> None:
        """Begin a turn. One that is under way is cancelled first: the newest wish counts."""
        with self._lock:
            voice = self._models.tts.loaded
            request = response_request(data or {}, self._config, voice.voices if voice else ())
            history = self._context(request)  # may be refused; the turn under way goes on then
            self._cancel_turn()
            answered = self._hearing.take_unanswered() if request.input is None else None
            awaited = {*self._hearing.under_way(history), *([answered] if answered else [])}
            reply = Reply(
                self._listener,
                self._history if request.joins_conversation else History(),
                self._lock,
                request.modality,
                request.metadata,
                self._conversation_id if request.joins_conversation else None,
            )
            self._turn = Turn(
                reply,
                self._models,
                lambda brain, tags: self._prompt(history, request, brain, tags),
                awaited,
                answered,
                request.voice,
                self._max_tokens(request),
            )
            self._turn.start()

    def cancel_response(self, response_id: str | None = None) -> None:
        with self._lock:
            turn = self._turn
            if turn is None or turn.reply.has_ended or response_id not in (None, turn.reply.response_id):
                raise RequestError("There is no reply under way to cancel.", "response_cancel_not_active")
            self._cancel_turn()

    # ----- inside

    def _cancel_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.cancel()

    def _context(self, request: ResponseRequest) -> History:
        """What the reply answers to: the conversation, or the items given for it alone."""
        if request.input is None:
            return self._history
        history = History()
        for entry in request.input:
            history.insert(self._history.get(entry, "response.input") if isinstance(entry, str) else entry)
        return history

    def _max_tokens(self, request: ResponseRequest) -> int:
        return request.max_tokens or self._settings.max_reply_tokens

    def _prompt(
        self, history: History, request: ResponseRequest, brain: Brain, tags: frozenset[str]
    ) -> Sequence[Message]:
        with self._lock:
            said = history.messages()
        system = Message("system", system_prompt(request.instructions, tags, brain.is_demo))
        prompt = fit([system, *said], brain.context_tokens, self._max_tokens(request))
        if said and prompt[-1] != said[-1]:
            self._listener.send(make(VoxNotice, level="warning", code="text_shortened", message=SHORTENED))
        return prompt


def _session_event(event_class: type[Any], session: realtime.RealtimeSessionCreateRequest) -> Any:
    """``session.created`` or ``session.updated``, unchecked for the input rate (see config)."""
    template = make(event_class, session={"type": "realtime"})
    return template.construct(**{**dict(template), "session": session})


#: How far beyond a reply's audio a client may say it played: rounding, and a device's latency.
TRUNCATION_TOLERANCE_MS = 250

SHORTENED = (
    "That message is longer than the language model can read at once, so its middle was left out. A model "
    "with a larger context window reads more."
)
