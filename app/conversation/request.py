"""What a ``response.create`` asks for, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.conversation.config import (
    Modality,
    SessionConfig,
    checked_instructions,
    checked_max_tokens,
    checked_modalities,
    checked_voice,
)
from app.conversation.events import RequestError
from app.conversation.history import Item
from app.conversation.items import given_item


@dataclass(frozen=True)
class ResponseRequest:
    """``input`` is None to answer the conversation, else the items to answer instead, those
    given by reference as their ids."""

    instructions: str
    modality: Modality
    voice: str
    max_tokens: int | None
    joins_conversation: bool
    input: list[Item | str] | None
    metadata: dict[str, str] | None


def response_request(
    data: Mapping[str, Any], config: SessionConfig, voices: Sequence[str]
) -> ResponseRequest:
    """Check ``data`` (the event's ``response``), the session's ``config`` filling in the rest.

    Raises RequestError.
    """
    for name in ("tools", "prompt"):
        if data.get(name):
            raise RequestError(f"VOX has no {name}.", "unsupported", f"response.{name}")
    conversation = data.get("conversation") or "auto"
    if conversation not in ("auto", "none"):
        raise RequestError("conversation must be 'auto' or 'none'.", param="response.conversation")
    modality = config.output_modalities[0]
    if data.get("output_modalities") is not None:
        modality = checked_modalities(data["output_modalities"], "response")[0]
    max_tokens = config.max_output_tokens
    if "max_output_tokens" in data:
        max_tokens = checked_max_tokens(data["max_output_tokens"], "response")
    instructions = config.instructions
    if data.get("instructions") is not None:
        instructions = checked_instructions(data["instructions"], "response.instructions")
    return ResponseRequest(
        instructions=instructions,
        modality=modality,
        voice=_voice(data, config, voices),
        max_tokens=max_tokens,
        joins_conversation=conversation == "auto",
        input=_input(data.get("input")),
        metadata=_metadata(data.get("metadata")),
    )


def _voice(data: Mapping[str, Any], config: SessionConfig, voices: Sequence[str]) -> str:
    audio = data.get("audio")
    output = audio.get("output") if isinstance(audio, Mapping) else None
    voice = output.get("voice") if isinstance(output, Mapping) else None
    return config.voice if voice is None else checked_voice(voice, voices, "response.audio.output.voice")


def _input(entries: Any) -> list[Item | str] | None:
    if entries is None:
        return None
    if not isinstance(entries, list):
        raise RequestError("input must be a list of items.", param="response.input")
    return [_input_entry(entry, f"response.input[{index}]") for index, entry in enumerate(entries)]


def _input_entry(entry: Any, param: str) -> Item | str:
    if isinstance(entry, Mapping) and entry.get("type") == "item_reference":
        return str(entry.get("id"))
    given = given_item(entry, param)
    if given.pcm is not None:
        raise RequestError(
            "A recording must be added with conversation.item.create first.", "unsupported", param
        )
    return given.item


def _metadata(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if (
        isinstance(value, dict)
        and len(value) <= 16
        and all(isinstance(text, str) and len(text) <= 512 for pair in value.items() for text in pair)
    ):
        return value
    raise RequestError("metadata must be at most 16 pairs of short texts.", param="response.metadata")
