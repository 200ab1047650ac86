"""Opened: the conversations that sessions are at, each read from the archive once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from openai.types.realtime import RealtimeErrorEvent

from app.archive.records import ArchiveUnavailable, UnknownConversation
from app.conversation.events import error_event, new_id
from app.keeping.conversation import Audience, Conversation
from app.keeping.seat import Seat
from app.keeping.writer import Writer

if TYPE_CHECKING:
    from app.archive.conversations import Conversations

#: Makes a seat at a conversation; with the error, where it is not the one that the client asked for.
Sit: TypeAlias = Callable[[Conversation, "RealtimeErrorEvent | None"], Seat]

#: What a client asks for that wants a new conversation.
NEW = "new"

#: How long opening waits for what is still to be written.
PATIENCE = 1.0

#: Ids of conversations in which nothing was said yet, that a client may come back to.
_MAX_ISSUED = 1000

NOT_FOUND = "This conversation is not there any more, so this is a new one."
UNAVAILABLE = "This conversation cannot be opened now, so this is a new one. {problem}"


class OpenConversations:
    """Safe to use from any thread."""

    def __init__(self, archive: Callable[[], Conversations], writer: Writer, audience: Audience) -> None:
        """``archive`` gives the archive's conversations, or raises ArchiveUnavailable; ``writer`` and
        ``audience`` are those of all conversations."""
        self._archive = archive
        self._writer = writer
        self._audience = audience
        #: Held while one is opened, which may take a moment.
        self._opening = threading.Lock()
        self._lock = threading.Lock()
        self._open: dict[str, Conversation] = {}
        self._issued: OrderedDict[str, None] = OrderedDict()

    def get(self, conversation_id: str) -> Conversation | None:
        """The one with that id, if it is open."""
        return self._open.get(conversation_id)

    def take_seat(self, asked: str, sit: Sit) -> Seat:
        """A seat at the conversation with that id, or at a new one: also where the one that was asked for
        cannot be opened. Reads the archive."""
        if asked == NEW:
            return self._sit(self._new(), None, sit)
        with self._opening:
            try:
                return self._sit(self._known(asked), None, sit)
            except ArchiveUnavailable as unavailable:
                code, told = "conversation_unavailable", UNAVAILABLE.format(problem=unavailable)
            except UnknownConversation:
                code, told = "conversation_not_found", NOT_FOUND
            return self._sit(self._new(), error_event(told, code, param="conversation"), sit)

    def close_unused(self) -> None:
        """Forget those that nobody is at and of which nothing is left to write."""
        if not self._opening.acquire(blocking=False):
            return
        try:
            for conversation in list(self._open.values()):
                if not conversation.seats and not self._writer.waits_for(conversation.id):
                    del self._open[conversation.id]
        finally:
            self._opening.release()

    def _sit(self, conversation: Conversation, problem: RealtimeErrorEvent | None, sit: Sit) -> Seat:
        seat = sit(conversation, problem)
        self._open[conversation.id] = conversation
        return seat

    def _new(self) -> Conversation:
        conversation_id = new_id("conv")
        with self._lock:
            self._issued[conversation_id] = None
            if len(self._issued) > _MAX_ISSUED:
                self._issued.popitem(last=False)
        return Conversation(conversation_id, self._writer, self._audience)

    def _known(self, conversation_id: str) -> Conversation:
        """Raises UnknownConversation, ArchiveUnavailable."""
        if self._writer.trouble is None:  # so that who reads it in the archive misses nothing
            self._writer.settle(PATIENCE)
        conversation = self._open.get(conversation_id)
        if conversation is None:
            try:
                conversation = self._read(conversation_id)
            except UnknownConversation:
                if conversation_id not in self._issued:
                    raise
                conversation = Conversation(conversation_id, self._writer, self._audience)
        if conversation.is_deleted:
            raise UnknownConversation(conversation_id)
        return conversation

    def _read(self, conversation_id: str) -> Conversation:
        record, messages = self._archive().whole(conversation_id)
        return Conversation(conversation_id, self._writer, self._audience, record, messages)
