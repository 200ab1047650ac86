"""Turns: the one turn at a time of a session, and what it is told to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.conversation.config import SessionConfig
from app.conversation.events import Listener, VoxNotice, make
from app.conversation.hearing import Hearing
from app.conversation.history import History, Item
from app.conversation.keeping import Keeping
from app.conversation.reply import Reason, Reply
from app.conversation.request import ResponseRequest, response_request
from app.conversation.turn import Turn
from app.engines import Brain, Message
from app.llm.prompt import fit, system_prompt
from app.models import Models
from app.settings import Settings

SHORTENED = (
    "That message is longer than the language model can read at once, so its middle was left out. A model "
    "with a larger context window reads more."
)


class Turns:
    """Begins and ends the turns of one session. ``lock`` is the session's: callers hold it."""

    def __init__(
        self,
        models: Models,
        settings: Callable[[], Settings],
        listener: Listener,
        history: History,
        hearing: Hearing,
        lock: threading.RLock,
        keeping: Keeping,
        conversation_id: str,
    ) -> None:
        self._conversation_id = conversation_id
        self._models = models
        self._settings = settings
        self._listener = listener
        self._history = history
        self._hearing = hearing
        self._lock = lock
        self._keeping = keeping
        #: The turn that was begun last, unless it was cancelled; it may be over.
        self.latest: Turn | None = None

    @property
    def is_under_way(self) -> bool:
        return self.latest is not None and not self.latest.reply.has_ended

    @property
    def is_sounding(self) -> bool:
        """Whether the client still plays something of a reply, as far as can be told from here."""
        return self.latest is not None and self.latest.reply.is_sounding

    @property
    def is_speaking(self) -> bool:
        """Whether a reply sounds, or has begun to and waits for its next phrase."""
        return self.is_sounding or (
            self.latest is not None and self.latest.reply.has_sounded and self.is_under_way
        )

    def is_answering(self, item: Item) -> bool:
        """Whether ``item`` is a reply that is still being made."""
        return self.latest is not None and self.latest.reply.item is item and self.is_under_way

    def create(self, data: Mapping[str, Any], config: SessionConfig) -> Turn:
        """Begin a turn. One that is under way is cancelled first: the newest wish counts. Raises
        RequestError."""
        voice = self._models.tts.loaded
        request = response_request(data, config, voice.voices if voice else ())
        history = self._context(request)  # may be refused; the turn under way goes on then
        self.cancel()
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
        turn = Turn(
            reply,
            self._models,
            lambda brain, tags: self._prompt(history, request, brain, tags),
            awaited,
            answered,
            request.voice,
            self._max_tokens(request),
        )
        self.latest = turn
        self._keeping.answering(turn.stop)
        turn.start()
        return turn

    def cancel(self, reason: Reason = "client_cancelled") -> None:
        """End the turn under way, if there is one; nothing of it sounds any more."""
        turn, self.latest = self.latest, None
        if turn is not None:
            turn.cancel(reason)

    def close(self) -> None:
        """The client is gone."""
        if self.latest is not None:
            self.latest.reply.abandon()
        self.cancel()

    def _context(self, request: ResponseRequest) -> History:
        """What the reply answers to: the conversation, or the items given for it alone."""
        if request.input is None:
            return self._history
        history = History()
        for entry in request.input:
            history.insert(self._history.get(entry, "response.input") if isinstance(entry, str) else entry)
        return history

    def _max_tokens(self, request: ResponseRequest) -> int:
        return request.max_tokens or self._settings().max_reply_tokens

    def _prompt(
        self, history: History, request: ResponseRequest, brain: Brain, tags: frozenset[str]
    ) -> Sequence[Message]:
        with self._lock:
            said = history.messages()
        system = Message("system", system_prompt(request.instructions, tags, brain.is_demo))
        prompt = fit([system, *said], brain.context_tokens, self._max_tokens(request))
        if said and not prompt[-1].text.endswith(said[-1].text):
            self._listener.send(make(VoxNotice, level="warning", code="text_shortened", message=SHORTENED))
        return prompt
