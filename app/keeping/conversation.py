"""Conversation: one that is open here, shared by the sessions on it, and what is kept of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from app.archive.records import ConversationRecord, MessageRecord, SpeechRecord
from app.keeping.titles import first_words
from app.keeping.writer import Writer
from app.keeping.writes import Action, Added, Changed

if TYPE_CHECKING:
    from app.archive.conversations import Conversations
    from app.keeping.keeper import Keeper
    from app.keeping.seat import Seat


@dataclass(frozen=True)
class Change:
    """Of a message: it has come, or is another, or (None) is gone. ``by`` is who made it, if it was a
    session; ``after`` is the id of the message before it."""

    conversation: Conversation
    message_id: str
    message: MessageRecord | None
    after: str | None = None
    by: Keeper | None = None


class Audience(Protocol):
    """Whoever passes on what has changed. No call may block."""

    def message_changed(self, change: Change) -> None: ...

    def conversation_changed(self, conversation: Conversation) -> None:
        """Its title or its voice is another."""

    def sound_gone(self, sound: SpeechRecord | None) -> None:
        """A message with that sound was removed."""


class Conversation:
    """What is said in one conversation, in order. Safe to use from any thread, and never waits for the
    database: changes go to the ``writer``, and to the ``audience``."""

    def __init__(
        self,
        conversation_id: str,
        writer: Writer,
        audience: Audience,
        record: ConversationRecord | None = None,
        messages: Sequence[MessageRecord] = (),
    ) -> None:
        self.id = conversation_id
        self._writer = writer
        self._audience = audience
        self._lock = threading.Lock()
        self._messages = list(messages)
        self._has_begun = record is not None
        self.title = record.title if record else ""
        self.title_is_own = bool(record and record.title_is_own)
        self.voice = record.voice if record else None
        self.is_deleted = False
        #: Whether a better title than the first words may come of its first exchange.
        self.wants_title = record is None
        #: The sessions on it.
        self.seats: list[Seat] = []

    def join(self, seat: Seat) -> list[MessageRecord]:
        """``seat`` is one of its sessions' from now on; returns what was said so far."""
        with self._lock:
            self.seats = [*self.seats, seat]
            return list(self._messages)

    def leave(self, seat: Seat) -> None:
        with self._lock:
            self.seats = [other for other in self.seats if other is not seat]

    def find(self, message_id: str) -> MessageRecord | None:
        with self._lock:
            index = self._index(message_id)
            return None if index is None else self._messages[index]

    def first_exchange(self) -> tuple[str, str] | None:
        """The first question with words, and the answer to it; None before there is one."""
        with self._lock:
            said = [message for message in self._messages if message.text and message.role != "system"]
        for question, answer in pairwise(said):
            if (question.role, answer.role) == ("user", "assistant") and answer.state != "in_progress":
                return question.text, answer.text
        return None

    def add(self, message: MessageRecord, by: Keeper, before: Iterable[str] | None = None) -> None:
        """A message has come, after the first known one of ``before`` (ids, the nearest first), or at
        the end."""
        with self._lock:
            if not self._has_begun:
                self._begin(message.created_at)
            if before is None:
                after, place = None, len(self._messages)
            else:
                known = next((index for id_ in before if (index := self._index(id_)) is not None), -1)
                after, place = self._messages[known].id if known >= 0 else "root", known + 1
            self._messages.insert(place, message)
            self._writer.put(Added(message, after))
            self._tell_of(place, by)
            if not self.title and message.role == "user":
                self._entitle(first_words(message.text))

    def change(self, message: MessageRecord, by: Keeper | None) -> None:
        """A message is no longer what it was; harmless where it is not known."""
        with self._lock:
            if (place := self._index(message.id)) is not None:
                self._messages[place] = message
                self._writer.put(Changed(message))
                self._tell_of(place, by)

    def remove(self, message_id: str, by: Keeper) -> None:
        with self._lock:
            if (place := self._index(message_id)) is not None:
                del self._messages[place]
                self._write(
                    message_id,
                    lambda kept: self._audience.sound_gone(kept.remove_message(self.id, message_id)),
                )
                self._audience.message_changed(Change(self, message_id, None, by=by))

    def set_speech(self, message_id: str, speech: SpeechRecord | None) -> None:
        """The sound of a message is kept, or not any more; it is written elsewhere."""
        with self._lock:
            if (place := self._index(message_id)) is not None:
                self._messages[place] = replace(self._messages[place], speech=speech)
                self._tell_of(place, None)

    def choose_voice(self, voice: str | None) -> None:
        """It is held in another voice."""
        with self._lock:
            self.voice = voice
            if self._has_begun:
                self._write("voice", lambda kept: kept.set_voice(self.id, voice))
            self._audience.conversation_changed(self)

    def entitle(self, title: str) -> None:
        """Give it a title, unless a person has."""
        with self._lock:
            if not self.title_is_own:
                self._entitle(title)

    def refresh(self, record: ConversationRecord | None) -> None:
        """What the archive says of it now; None: it was deleted."""
        with self._lock:
            self.is_deleted = record is None and self._has_begun
            if record is not None:
                self.title, self.title_is_own, self.voice = record.title, record.title_is_own, record.voice
            self._audience.conversation_changed(self)

    def _begin(self, at: datetime) -> None:
        self._has_begun = True
        voice = self.voice
        self._write("begin", lambda kept: kept.begin(self.id, voice=voice, at=at))

    def _entitle(self, title: str) -> None:
        self.title = title
        self._write("title", lambda kept: rename_unless_own(kept, self.id, title))
        self._audience.conversation_changed(self)

    def _write(self, what: str, call: Callable[[Conversations], object]) -> None:
        self._writer.put(Action((self.id, what), call))

    def _tell_of(self, place: int, by: Keeper | None) -> None:
        message = self._messages[place]
        after = self._messages[place - 1].id if place else None
        self._audience.message_changed(Change(self, message.id, message, after, by))

    def _index(self, message_id: str) -> int | None:
        # What changes is mostly at the end.
        places = range(len(self._messages) - 1, -1, -1)
        return next((place for place in places if self._messages[place].id == message_id), None)


def rename_unless_own(archive: Conversations, conversation_id: str, title: str) -> None:
    """Give it a title, unless a person has, who may have done so just now."""
    if not archive.find(conversation_id).title_is_own:
        archive.rename(conversation_id, title, own=False)


def now() -> datetime:
    return datetime.now(timezone.utc)
