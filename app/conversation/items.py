"""Items as clients give them (``conversation.item.create``, ``response.create``), checked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.conversation.events import RequestError, new_id
from app.conversation.history import Item, Role

#: Longest text of one item, in characters; far more than a model's window or anyone's patience.
MAX_TEXT = 100_000

_TEXT_TYPES = {"user": "input_text", "system": "input_text", "assistant": "output_text"}


@dataclass(frozen=True)
class GivenItem:
    """An item from a client; ``pcm`` is set for a recording, whose words are yet to be found."""

    item: Item
    pcm: bytes | None = None


def given_item(data: Any, param: str = "item") -> GivenItem:
    """Check an item from a client. Raises RequestError."""
    if not isinstance(data, Mapping):
        raise RequestError("item must be an object.", param=param)
    if data.get("type", "message") != "message":
        raise RequestError(
            f"VOX takes messages only, no {data.get('type')!r} items.", "unsupported", f"{param}.type"
        )
    role = data.get("role")
    if role not in _TEXT_TYPES:
        raise RequestError("role must be 'user', 'assistant' or 'system'.", param=f"{param}.role")
    item_id = data.get("id") or new_id("item")
    if not isinstance(item_id, str) or len(item_id) > 64:
        raise RequestError("id must be a text of at most 64 characters.", param=f"{param}.id")
    parts = data.get("content")
    if not isinstance(parts, list) or not parts or not all(isinstance(part, Mapping) for part in parts):
        raise RequestError("content must be a list with at least one part.", param=f"{param}.content")
    if role == "user" and parts[0].get("type") == "input_audio":
        return _recording(item_id, parts, param)
    text = "\n".join(_text(part, role, f"{param}.content") for part in parts)
    return GivenItem(Item(item_id, cast(Role, role), _checked_text(text, param)))


def pcm_from_base64(data: Any, param: str) -> bytes:
    """The 16-bit samples in a base64 text, or RequestError."""
    if not isinstance(data, str):
        raise RequestError("audio must be a base64 text.", param=param)
    try:
        pcm = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError("audio is not valid base64.", param=param) from None
    if len(pcm) % 2:
        raise RequestError(
            "audio has an odd number of bytes, but each 16-bit sample has two. It was left out.", param=param
        )
    return pcm


def _recording(item_id: str, parts: list[Mapping[str, Any]], param: str) -> GivenItem:
    if len(parts) > 1:
        raise RequestError("A recording must be the only part of its item.", param=f"{param}.content")
    pcm = pcm_from_base64(parts[0].get("audio"), f"{param}.content[0].audio")
    if not pcm:
        raise RequestError("audio is empty.", param=f"{param}.content[0].audio")
    return GivenItem(Item(item_id, "user", None, is_audio=True), pcm)


def _text(part: Mapping[str, Any], role: str, param: str) -> str:
    expected = _TEXT_TYPES[role]
    if part.get("type") != expected:
        raise RequestError(
            f"VOX takes {expected!r} from a {role}, not {part.get('type')!r}.", "unsupported", f"{param}.type"
        )
    text = part.get("text")
    if not isinstance(text, str):
        raise RequestError("text must be a text.", param=f"{param}.text")
    return text


def _checked_text(text: str, param: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise RequestError("There is no text in this message.", "empty_text", f"{param}.content")
    if len(text) > MAX_TEXT:
        raise RequestError(
            f"This message has {len(text):,} characters; at most {MAX_TEXT:,} can be answered. Shorten it.",
            "text_too_long",
            f"{param}.content",
        )
    return text
