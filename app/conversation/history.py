"""What has been said in one conversation, as the language model will be told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from openai.types.realtime import ConversationItem
from openai.types.realtime.realtime_conversation_item_assistant_message import (
    Content as AssistantContent,
)
from openai.types.realtime.realtime_conversation_item_assistant_message import (
    RealtimeConversationItemAssistantMessage as AssistantMessage,
)
from openai.types.realtime.realtime_conversation_item_system_message import (
    Content as SystemContent,
)
from openai.types.realtime.realtime_conversation_item_system_message import (
    RealtimeConversationItemSystemMessage as SystemMessage,
)
from openai.types.realtime.realtime_conversation_item_user_message import (
    Content as UserContent,
)
from openai.types.realtime.realtime_conversation_item_user_message import (
    RealtimeConversationItemUserMessage as UserMessage,
)

from app.conversation.events import RequestError
from app.conversation.keeping import Keeping, NotKept
from app.conversation.spoken import SpokenText
from app.engines import INTERRUPTED, Message, Samples

Role = Literal["system", "user", "assistant"]
Status = Literal["completed", "incomplete", "in_progress"]


@dataclass
class Item:
    """One message of the conversation.

    ``text`` is None while a recording is still being transcribed. An interrupted reply keeps
    only what was spoken, and is marked; ``error`` is why one failed, a sentence. ``unheard`` is what was
    written of it beyond that, for the eye alone.
    """

    id: str
    role: Role
    text: str | None
    is_audio: bool = False
    status: Status = "completed"
    interrupted: bool = False
    error: str | None = None
    spoken: SpokenText = field(default_factory=SpokenText)
    unheard: str = ""

    def cut(self, length: int) -> None:
        """No more was spoken of it than so much of its text."""
        text = self.text or ""
        self.text, self.unheard = text[:length], text[length:] + self.unheard

    def as_realtime(self) -> ConversationItem:
        """The item as Realtime's events carry it, without audio."""
        common: dict[str, Any] = {
            "id": self.id,
            "object": "realtime.item",
            "type": "message",
            "status": self.status,
        }
        if self.role == "user":
            return UserMessage(role="user", content=[self._user_content()], **common)
        if self.role == "system":
            content = SystemContent(type="input_text", text=self.text)
            return SystemMessage(role="system", content=[content], **common)
        return AssistantMessage(role="assistant", content=self._assistant_content(), **common)

    def _user_content(self) -> UserContent:
        if self.is_audio:
            return UserContent(type="input_audio", transcript=self.text)
        return UserContent(type="input_text", text=self.text)

    def _assistant_content(self) -> list[AssistantContent]:
        if not self.text:
            return []
        if self.is_audio:
            return [AssistantContent(type="output_audio", transcript=self.text)]
        return [AssistantContent(type="output_text", text=self.text)]

    def as_message(self) -> Message | None:
        """The item as the language model is told it, or None where there is nothing to tell."""
        if not self.text or not self.text.strip():
            return None
        return Message(self.role, self.text + INTERRUPTED if self.interrupted else self.text)


class History:
    """The items of one conversation in order. Not safe for threads: its session guards it.

    ``keeping`` is told of every change that is made here, and of none that comes from there.
    """

    def __init__(self, keeping: Keeping | None = None, items: Iterable[Item] = ()) -> None:
        self._keeping: Keeping = keeping or NotKept()
        self._items = list(items)

    def __contains__(self, item_id: object) -> bool:
        return any(item.id == item_id for item in self._items)

    def before(self, item_id: str) -> Iterator[str]:
        """The ids of the items before that one, the nearest first; of all if it is not here."""
        ids = [item.id for item in self._items]
        return reversed(ids[: ids.index(item_id)] if item_id in ids else ids)

    def ends_with(self, item_id: str) -> bool:
        """Whether no other item comes after that one."""
        return item_id not in self or self._items[-1].id == item_id

    def get(self, item_id: str, param: str = "item_id") -> Item:
        """The item with that id. Raises RequestError where there is none."""
        for item in self._items:
            if item.id == item_id:
                return item
        raise RequestError(f"This conversation has no item {item_id!r}.", "item_not_found", param)

    def insert(self, item: Item, after: str | None = None) -> str | None:
        """Add ``item`` behind the item ``after`` (None: at the end, "root": at the beginning);
        returns the id of the item before it.

        Raises RequestError for an unknown ``after`` or an id that is taken.
        """
        if item.id in self:
            raise RequestError(f"The item id {item.id!r} is taken.", "item_exists", "item.id")
        if after not in (None, "root"):
            self.get(after, "previous_item_id")
        previous_id = self._place(item, after)
        self._keeping.put(item, self)
        return previous_id

    def changed(self, item: Item) -> None:
        """``item`` has its words, or no longer those it had. Harmless when it is not here."""
        if item.id in self:
            self._keeping.put(item, self)

    def sounded(self, item: Item, sound: Samples, rate: int) -> None:
        """A further piece of the sound of ``item``, at ``rate`` Hz."""
        self._keeping.sounded(item, sound, rate)

    def note_failed(self, reply: Item) -> None:
        """A reply failed before it said anything: kept for the person, and no part of what was said."""
        reply.status = "incomplete"
        self._keeping.put(reply, self)

    def remove(self, item_id: str) -> None:
        """Remove an item. Raises RequestError where there is none."""
        self._items.remove(self.get(item_id))
        self._keeping.removed(item_id)

    def adopt(self, item: Item, after: str | None = None) -> str | None:
        """Take in what was said elsewhere on this conversation, or how it has changed since; as
        ``insert``, but at the end for an unknown ``after``."""
        for position, known in enumerate(self._items):
            if known.id == item.id:
                self._items[position] = item
                return self._items[position - 1].id if position else None
        return self._place(item, after)

    def discard(self, item_id: str) -> bool:
        """Remove an item that is gone elsewhere. False where there is none."""
        kept = [item for item in self._items if item.id != item_id]
        was_here = len(kept) < len(self._items)
        self._items = kept
        return was_here

    def messages(self) -> list[Message]:
        """The conversation as the language model is told it."""
        return [message for item in self._items if (message := item.as_message())]

    def _place(self, item: Item, after: str | None) -> str | None:
        ids = [known.id for known in self._items]
        position = 0 if after == "root" else ids.index(after) + 1 if after in ids else len(ids)
        self._items.insert(position, item)
        return ids[position - 1] if position else None
