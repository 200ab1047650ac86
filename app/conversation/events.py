"""Making events: Realtime's own, typed by ``openai.types.realtime``, and VOX's few additions.

docs/protocol.md lists which events are told when.
"""

from __future__ import annotations

import secrets
from typing import Any, Literal, Protocol, TypeVar, get_args

from openai.types.realtime import RealtimeErrorEvent
from openai.types.realtime.realtime_error import RealtimeError
from pydantic import BaseModel

EventT = TypeVar("EventT", bound=BaseModel)


class Listener(Protocol):
    """Whoever is told what happens in a conversation. Neither call may block."""

    def send(self, event: BaseModel) -> None:
        """Take one event; called in the order in which things happen."""

    def forget(self, response_id: str) -> None:
        """Drop text and sound of a response that were sent but have not left yet."""


class RequestError(Exception):
    """A client's event cannot be carried out. The session lives on."""

    def __init__(
        self,
        message: str,
        code: str = "invalid_value",
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind


def new_id(kind: str) -> str:
    """A fresh id as Realtime writes them: ``new_id("resp")`` is like ``resp_4fd1…``."""
    return f"{kind}_{secrets.token_hex(10)}"


def make(event_class: type[EventT], **fields: Any) -> EventT:
    """An event of ``event_class`` with its type and a fresh event id filled in."""
    type_name = get_args(event_class.model_fields["type"].annotation)[0]
    return event_class(type=type_name, event_id=new_id("event"), **fields)


def error_event(
    message: str, code: str, kind: str = "server_error", event_id: str | None = None, param: str | None = None
) -> RealtimeErrorEvent:
    """An ``error`` event; ``event_id`` is that of the client's offending event."""
    error = RealtimeError(message=message, type=kind, code=code, event_id=event_id, param=param)
    return make(RealtimeErrorEvent, error=error)


class VoxModels(BaseModel):
    """The state of the three models, at connecting and at every change."""

    type: Literal["vox.models"]
    event_id: str
    models: dict[str, dict[str, Any]]


class VoxPhrase(BaseModel):
    """The sound that follows speaks ``transcript[start:end]``, counted in UTF-16 code units.

    ``index`` counts the reply's phrases from 0; one without a sound is counted and not told.
    """

    type: Literal["vox.phrase"]
    event_id: str
    response_id: str
    item_id: str
    content_index: int
    index: int
    text: str
    start: int
    end: int
    audio_start_ms: int


class VoxPhraseProgress(BaseModel):
    """The share of a phrase's work that the voice has done, from 0 to 1, as it measures it."""

    type: Literal["vox.phrase.progress"]
    event_id: str
    response_id: str
    item_id: str
    index: int
    fraction: float


class VoxVoice(BaseModel):
    """Somebody speaks while VOX does, and it is not yet known whether they mean to interrupt.

    "duck": play more softly. "hold": play nothing, and keep the place. "resume": it was no more than
    an "mm-hm" or a cough, go on from there. An interruption is told as
    ``input_audio_buffer.speech_started``.
    """

    type: Literal["vox.voice"]
    event_id: str
    phase: Literal["duck", "hold", "resume"]


class VoxHearing(BaseModel):
    """The words of an utterance that goes on: each telling takes the place of the one before.

    ``stable`` will hardly change any more, ``unstable`` follows it and may.
    """

    type: Literal["vox.hearing"]
    event_id: str
    item_id: str
    stable: str
    unstable: str


class VoxNotice(BaseModel):
    """A sentence for the person."""

    type: Literal["vox.notice"]
    event_id: str
    level: Literal["info", "warning", "error"]
    code: str
    message: str
    item_id: str | None = None
    response_id: str | None = None


class VoxConversation(BaseModel):
    """The conversation that this session holds. ``kept``: what is said in it is written down."""

    type: Literal["vox.conversation"]
    event_id: str
    id: str
    title: str
    title_is_own: bool
    voice: str | None
    kept: bool
    deleted: bool


class VoxConversations(BaseModel):
    """These conversations are new, or no longer what they were."""

    type: Literal["vox.conversations"]
    event_id: str
    changed: list[str]


class VoxVoices(BaseModel):
    """The voices of the library, or which is the default one, are not what they were."""

    type: Literal["vox.voices"]
    event_id: str


class VoxMessage(BaseModel):
    """What is kept of a message, as ``GET /api/conversations/<id>`` has it; ``after`` is the id of the
    one before it."""

    type: Literal["vox.message"]
    event_id: str
    conversation_id: str
    message: dict[str, Any]
    after: str | None


class VoxTimings(BaseModel):
    """Where the time of a turn went, in ms; None for what did not happen.

    ``voiced_until_ms`` is where the person's voice ended, as an offset in all audio of the session's
    input, as in ``input_audio_buffer.speech_stopped``.
    """

    type: Literal["vox.timings"]
    event_id: str
    response_id: str
    voiced_until_ms: int | None
    endpoint_ms: int | None
    stt_ms: int | None
    llm_ms: int | None
    tts_ms: int | None
    total_ms: int | None
