"""What each client event of the Realtime protocol asks the session to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from openai.types.realtime import (
    ConversationItemDeleteEvent,
    ConversationItemRetrieveEvent,
    ConversationItemTruncateEvent,
    ResponseCancelEvent,
)
from pydantic import BaseModel, ValidationError

from app.conversation.events import RequestError
from app.conversation.items import pcm_from_base64
from app.conversation.session import Session

Event = dict[str, Any]
EventT = TypeVar("EventT", bound=BaseModel)


def _checked(event_class: type[EventT], event: Event) -> EventT:
    """``event`` as the openai package types it, or RequestError naming the field."""
    try:
        return event_class.model_validate(event)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RequestError(f"{event['type']}: {field}: {first['msg']}.", param=field) from None


def _object(event: Event, key: str, default: Any = None) -> dict[str, Any]:
    value = event.get(key, default)
    if not isinstance(value, dict):
        raise RequestError(f"{event['type']}: {key} must be an object.", param=key)
    return value


def _update(session: Session, event: Event) -> None:
    session.update(_object(event, "session"))


def _append(session: Session, event: Event) -> None:
    # Not checked as the others are: an open microphone sends thirty a second.
    session.append_audio(pcm_from_base64(event.get("audio"), "audio"))


def _commit(session: Session, event: Event) -> None:  # noqa: ARG001
    session.commit_audio()


def _clear(session: Session, event: Event) -> None:  # noqa: ARG001
    session.clear_audio()


def _create_item(session: Session, event: Event) -> None:
    previous_item_id = event.get("previous_item_id")
    if previous_item_id is not None and not isinstance(previous_item_id, str):
        raise RequestError("previous_item_id must be a text.", param="previous_item_id")
    session.create_item(_object(event, "item"), previous_item_id)


def _retrieve_item(session: Session, event: Event) -> None:
    session.retrieve_item(_checked(ConversationItemRetrieveEvent, event).item_id)


def _delete_item(session: Session, event: Event) -> None:
    session.delete_item(_checked(ConversationItemDeleteEvent, event).item_id)


def _truncate_item(session: Session, event: Event) -> None:
    asked = _checked(ConversationItemTruncateEvent, event)
    session.truncate_item(asked.item_id, asked.content_index, asked.audio_end_ms)


def _create_response(session: Session, event: Event) -> None:
    session.create_response(_object(event, "response") if event.get("response") is not None else None)


def _cancel_response(session: Session, event: Event) -> None:
    session.cancel_response(_checked(ResponseCancelEvent, event).response_id)


def _clear_output(session: Session, event: Event) -> None:  # noqa: ARG001
    raise RequestError(
        "VOX sends sound over the socket; the client stops playing it by itself. Use response.cancel "
        "and conversation.item.truncate.",
        "unsupported",
        "type",
    )


HANDLERS: dict[str, Callable[[Session, Event], None]] = {
    "session.update": _update,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _commit,
    "input_audio_buffer.clear": _clear,
    "conversation.item.create": _create_item,
    "conversation.item.retrieve": _retrieve_item,
    "conversation.item.delete": _delete_item,
    "conversation.item.truncate": _truncate_item,
    "response.create": _create_response,
    "response.cancel": _cancel_response,
    "output_audio_buffer.clear": _clear_output,
}
