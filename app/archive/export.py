"""A conversation as a file to take away: Markdown to read, JSON with everything."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timezone

from app.archive.as_json import conversation_as_json, message_as_json, time_as_json
from app.archive.markdown import escaped
from app.archive.records import ConversationRecord, MessageRecord

#: Changes when a reader of older files would no longer understand it.
FORMAT = "vox.conversation/1"

_UNTITLED = "Conversation"
_WHO = {"user": "You", "assistant": "VOX", "system": "Instructions"}
_MARKS = {
    "in_progress": "still going on",
    "interrupted": "interrupted: this is what was heard",
    "failed": "failed",
}

#: What no file system's names may have, and names that Windows keeps for itself.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
#: Most file systems take 255 bytes; a browser may add " (1)".
_NAME_BYTES = 150


def as_json(conversation: ConversationRecord, messages: Sequence[MessageRecord], at: datetime) -> str:
    """The conversation as JSON, described in docs/conversations.md; ``at`` is now."""
    content = {
        "format": FORMAT,
        "exported_at": time_as_json(at),
        "conversation": conversation_as_json(conversation),
        "messages": [message_as_json(message) for message in messages],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def as_markdown(conversation: ConversationRecord, messages: Sequence[MessageRecord]) -> str:
    """The conversation as Markdown: whatever was said appears as it was said, and none of it is markup."""
    title = escaped(conversation.title or _UNTITLED)
    begun, last = conversation.created_at, conversation.updated_at
    sections = [f"# {title}", f"*From {_day(begun)}, {_clock(begun)} to {_span_end(begun, last)} (UTC)*"]
    day = ""
    for message in messages:
        if _day(message.created_at) != day:
            day = _day(message.created_at)
            sections.append(f"## {day}")
        sections.append(_section(message))
    return "\n\n".join(sections) + "\n"


def file_name(conversation: ConversationRecord, extension: str) -> str:
    """A name that every system takes for the file, made of the day and the title."""
    title = unicodedata.normalize("NFC", conversation.title)
    title = " ".join(_NOT_IN_NAMES.sub(" ", title).split()).strip(". ") or _UNTITLED
    day = conversation.created_at.astimezone(timezone.utc).strftime("%Y-%m-%d")
    stem = f"{day} {title}".encode()[:_NAME_BYTES].decode(errors="ignore").strip(". ")
    return f"{stem}.{extension}"


def _section(message: MessageRecord) -> str:
    head = f"**{_WHO[message.role]}**, {_clock(message.created_at)}"
    if message.state in _MARKS:
        head += f" *({_MARKS[message.state]})*"
    parts = [head]
    if message.text.strip():
        parts.append(escaped(message.text))
    if message.error:
        parts.append(f"*{escaped(message.error)}*")
    return "\n\n".join(parts)


def _span_end(begun: datetime, last: datetime) -> str:
    return _clock(last) if _day(last) == _day(begun) else f"{_day(last)}, {_clock(last)}"


def _day(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d")


def _clock(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%H:%M:%S")
