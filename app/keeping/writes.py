"""What is to be written into the archive; of several writes about the same thing one is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from app.archive.records import MessageRecord, UnknownMessage

if TYPE_CHECKING:
    from app.archive.conversations import Conversations

#: A conversation, and what of it: a message's id, or a word.
Key: TypeAlias = tuple[str, str]


class Write(Protocol):
    @property
    def key(self) -> Key: ...

    @property
    def size(self) -> int:
        """How many characters it holds."""
        ...

    @property
    def is_news(self) -> bool:
        """Whether the lists of conversations look different once it is written."""
        ...

    def over(self, earlier: Write) -> Write:
        """The one write that does what ``earlier``, of the same key, and then this would do."""
        ...

    def do(self, conversations: Conversations) -> None:
        """Write it. Raises ArchiveError."""


@dataclass(frozen=True)
class Action:
    """Any call of the archive that takes the place of an earlier one of its kind."""

    key: Key
    call: Callable[[Conversations], object]
    is_news: bool = True
    size: int = 0

    def over(self, earlier: Write) -> Write:  # noqa: ARG002
        return self

    def do(self, conversations: Conversations) -> None:
        self.call(conversations)


@dataclass(frozen=True)
class _OfMessage:
    message: MessageRecord

    @property
    def key(self) -> Key:
        return self.message.conversation_id, self.message.id

    @property
    def size(self) -> int:
        return len(self.message.text) + len(self.message.unheard)


@dataclass(frozen=True)
class Added(_OfMessage):
    """A message has come, behind the message ``after`` (as ``Conversations.add_message`` takes it)."""

    after: str | None
    is_news: bool = True

    def over(self, earlier: Write) -> Write:  # noqa: ARG002
        return self

    def do(self, conversations: Conversations) -> None:
        try:
            conversations.add_message(self.message, self.after)
        except UnknownMessage:  # the one before it is gone, or could not be kept
            conversations.add_message(self.message)


@dataclass(frozen=True)
class Changed(_OfMessage):
    """A message is no longer what it was."""

    @property
    def is_news(self) -> bool:
        return self.message.state != "in_progress"

    def over(self, earlier: Write) -> Write:
        return replace(earlier, message=self.message) if isinstance(earlier, Added) else self

    def do(self, conversations: Conversations) -> None:
        now = self.message
        conversations.change_message(
            now.conversation_id,
            now.id,
            text=now.text,
            state=now.state,
            error=now.error,
            ended_at=now.ended_at,
            unheard=now.unheard,
        )
