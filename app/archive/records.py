"""What the archive keeps, as those outside of it see it, and how it says that something cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["user", "assistant", "system"]

#: A message is ``in_progress`` until its words and its sound are over.
State: TypeAlias = Literal["in_progress", "completed", "interrupted", "failed"]


@dataclass(frozen=True)
class ConversationRecord:
    """A conversation. All times of the archive are aware and in UTC."""

    id: str
    #: "" until it has one.
    title: str
    #: Whether a person gave it; such a title is never changed by itself.
    title_is_own: bool
    #: None is the default voice.
    voice: str | None
    created_at: datetime
    #: When the newest of its messages began or ended.
    updated_at: datetime
    message_count: int


@dataclass(frozen=True)
class SpeechRecord:
    """That a message's sound is kept, as a file that is not in the archive."""

    conversation_id: str
    message_id: str
    duration_ms: int
    bytes: int
    format: str


@dataclass(frozen=True)
class MessageRecord:
    """A message. Its ``id`` is unique within its conversation only: clients may choose it."""

    id: str
    conversation_id: str
    role: Role
    text: str
    is_audio: bool
    state: State
    error: str | None
    created_at: datetime
    ended_at: datetime | None = None
    #: Written by ``put_speech`` only; ``add_message`` does not look at it.
    speech: SpeechRecord | None = None
    #: What was written of an interrupted reply and never heard, which would follow its text: for the eye, and
    #: no part of what was said. It is neither searched nor exported, and no language model is told it.
    unheard: str = ""


@dataclass(frozen=True)
class Page:
    """A piece of the list of conversations, newest first; ``next`` leads to the piece after it."""

    conversations: list[ConversationRecord]
    next: str | None


@dataclass(frozen=True)
class SnippetPart:
    text: str
    is_hit: bool


@dataclass(frozen=True)
class Match:
    """Where words were found: in a message, or in the title (``message_id`` and ``role`` are None)."""

    message_id: str | None
    role: Role | None
    snippet: list[SnippetPart]


@dataclass(frozen=True)
class Hit:
    """A conversation in which words were found."""

    conversation: ConversationRecord
    matches: list[Match]


@dataclass(frozen=True)
class Purged:
    """What was taken away for good: the ids of conversations, and the sounds whose files may go too."""

    conversation_ids: list[str]
    speech: list[SpeechRecord]


class ArchiveError(Exception):
    """Something about the archive; the message is a sentence for the person."""


class ArchiveUnavailable(ArchiveError):
    """The database cannot be used now: locked, full, lost, or never opened. Trying again may help."""


class ArchiveRefused(ArchiveError):
    """The database does not take this, now or later: it breaks a rule of the tables."""


class UnknownConversation(ArchiveError):
    """There is no such conversation, or it was deleted."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__("There is no such conversation. It may have been deleted.")
        self.conversation_id = conversation_id


class UnknownMessage(ArchiveError):
    """There is no such message in that conversation."""

    def __init__(self, conversation_id: str, message_id: str) -> None:
        super().__init__("There is no such message in this conversation.")
        self.conversation_id = conversation_id
        self.message_id = message_id


class BadCursor(ArchiveError):
    """A cursor that no page of the list ended with."""

    def __init__(self) -> None:
        super().__init__("That place in the list of conversations is not known. Load the list again.")
