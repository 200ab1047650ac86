"""What has been said in one conversation, as the language model will be told it."""

from __future__ import annotations

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
from app.conversation.spoken import SpokenText
from app.engines import Message

Role = Literal["system", "user", "assistant"]
Status = Literal["completed", "incomplete", "in_progress"]


@dataclass
class Item:
    """One message of the conversation.

    ``text`` is None while a recording is still being transcribed. An interrupted reply keeps
    only what was spoken, and is marked.
    """

    id: str
    role: Role
    text: str | None
    is_audio: bool = False
    status: Status = "completed"
    interrupted: bool = False
    spoken: SpokenText = field(default_factory=SpokenText)

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
        return Message(self.role, f"{self.text} …" if self.interrupted else self.text)


class History:
    """The items of one conversation in order. Not safe for threads: its session guards it."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __contains__(self, item_id: object) -> bool:
        return any(item.id == item_id for item in self._items)

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
        if after is None:
            position = len(self._items)
        elif after == "root":
            position = 0
        else:
            position = self._items.index(self.get(after, "previous_item_id")) + 1
        self._items.insert(position, item)
        return self._items[position - 1].id if position else None

    def remove(self, item_id: str) -> None:
        """Remove an item. Raises RequestError where there is none."""
        self._items.remove(self.get(item_id))

    def messages(self) -> list[Message]:
        """The conversation as the language model is told it."""
        return [message for item in self._items if (message := item.as_message())]
