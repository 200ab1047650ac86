"""What a client has set for its session, in Realtime's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from openai.types.realtime import RealtimeSessionCreateRequest

from app.conversation.detection import TurnDetection
from app.conversation.events import RequestError
from app.stt.pcm_stream import INPUT_RATES

Modality = Literal["text", "audio"]

#: Sample rate of the audio VOX answers with, in Hz. Realtime knows no other.
OUTPUT_RATE = 24_000

#: The names of OpenAI's own voices. Clients made for them mean "a voice": they get the default.
OPENAI_VOICES = frozenset(
    ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]
)

MAX_INSTRUCTIONS = 32_000  # characters

#: What other servers offer and this one does not; the message says so instead of ignoring it.
_UNSUPPORTED = {
    "tools": "VOX has no function calls or MCP tools.",
    "prompt": "VOX has no stored prompts. Put the text into instructions.",
}


@dataclass(frozen=True)
class SessionConfig:
    """The effective configuration; ``updated`` makes the next one."""

    instructions: str = ""
    output_modalities: tuple[Modality, ...] = ("audio",)
    max_output_tokens: int | None = None
    input_rate: int = 24_000
    voice: str = ""
    #: How utterances are told apart; None where the client ends them itself.
    detection: TurnDetection | None = None

    def updated(self, session: Mapping[str, Any], voices: Sequence[str] = ()) -> SessionConfig:
        """The configuration with the fields of a ``session.update`` applied, or nothing at all:
        raises RequestError for what cannot be. ``voices`` are the names that can be chosen;
        empty while the voice is not loaded."""
        if session.get("type", "realtime") != "realtime":
            raise RequestError(
                "VOX holds conversations; session.type must be 'realtime'.", param="session.type"
            )
        for name, sentence in _UNSUPPORTED.items():
            if session.get(name):
                raise RequestError(sentence, "unsupported", f"session.{name}")
        changes: dict[str, Any] = {}
        if "instructions" in session:
            changes["instructions"] = checked_instructions(session["instructions"], "session.instructions")
        if session.get("output_modalities") is not None:
            changes["output_modalities"] = checked_modalities(session["output_modalities"], "session")
        if "max_output_tokens" in session:
            changes["max_output_tokens"] = checked_max_tokens(session["max_output_tokens"], "session")
        audio = _mapping(session, "audio", "session")
        changes |= self._input_changes(_mapping(audio, "input", "session.audio"))
        changes |= self._output_changes(_mapping(audio, "output", "session.audio"), voices)
        return replace(self, **changes)

    def _input_changes(self, given: Mapping[str, Any]) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if "turn_detection" in given:
            changes["detection"] = TurnDetection.parsed(given["turn_detection"])
        rate = _pcm_rate(_mapping(given, "format", "session.audio.input"), "session.audio.input.format")
        return changes if rate is None else changes | {"input_rate": rate}

    def _output_changes(self, given: Mapping[str, Any], voices: Sequence[str]) -> dict[str, Any]:
        where = "session.audio.output"
        rate = _pcm_rate(_mapping(given, "format", where), f"{where}.format")
        if rate not in (None, OUTPUT_RATE):
            raise RequestError(f"VOX answers with {OUTPUT_RATE} Hz only.", param=f"{where}.format.rate")
        if given.get("speed") not in (None, 1, 1.0):
            raise RequestError("VOX speaks at one speed only.", "unsupported", f"{where}.speed")
        if given.get("voice") is None:
            return {}
        return {"voice": checked_voice(given["voice"], voices, f"{where}.voice")}

    def as_realtime(self, session_id: str) -> RealtimeSessionCreateRequest:
        """The configuration as ``session.created`` and ``session.updated`` show it."""
        # construct: Realtime types the input rate as 24000 alone, VOX takes the microphone's own.
        return RealtimeSessionCreateRequest.construct(
            type="realtime",
            object="realtime.session",
            id=session_id,
            model="vox",
            instructions=self.instructions,
            output_modalities=list(self.output_modalities),
            max_output_tokens=self.max_output_tokens or "inf",
            tools=[],
            audio={
                "input": {
                    "format": {"type": "audio/pcm", "rate": self.input_rate},
                    "transcription": {"model": "whisper-1"},
                    "noise_reduction": None,
                    "turn_detection": self.detection and self.detection.as_realtime(),
                },
                "output": {
                    "format": {"type": "audio/pcm", "rate": OUTPUT_RATE},
                    "voice": self.voice or "default",
                    "speed": 1.0,
                },
            },
        )


def checked_instructions(value: Any, param: str) -> str:
    """A system prompt, or RequestError."""
    if value is not None and not isinstance(value, str):
        raise RequestError("instructions must be a text.", param=param)
    if value and len(value) > MAX_INSTRUCTIONS:
        raise RequestError(f"instructions may have at most {MAX_INSTRUCTIONS} characters.", param=param)
    return value or ""


def checked_modalities(value: Any, where: str) -> tuple[Modality, ...]:
    """``("audio",)`` or ``("text",)``, or RequestError."""
    if isinstance(value, list) and len(value) == 1 and value[0] in get_args(Modality):
        return (value[0],)
    raise RequestError('output_modalities must be ["audio"] or ["text"].', param=f"{where}.output_modalities")


def checked_max_tokens(value: Any, where: str) -> int | None:
    """A bound on the reply's length in tokens, None for no bound, or RequestError."""
    if value in (None, "inf"):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4096:
        return value
    raise RequestError(
        'max_output_tokens must be a number from 1 to 4096, or "inf".', param=f"{where}.max_output_tokens"
    )


def checked_voice(value: Any, voices: Sequence[str], param: str) -> str:
    """The name of a voice, "" for the default one, or RequestError."""
    name = value.get("id") if isinstance(value, Mapping) else value
    if not isinstance(name, str) or len(name) > 200:
        raise RequestError("voice must be the name of a voice.", param=param)
    if name == "default" or name in OPENAI_VOICES:
        return ""
    if voices and name not in voices:
        raise RequestError(f"There is no voice {name!r}. There are: {', '.join(voices)}.", param=param)
    return name


def _mapping(parent: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestError(f"{key} must be an object.", param=f"{where}.{key}")
    return value


def _pcm_rate(audio_format: Mapping[str, Any], param: str) -> int | None:
    """The rate that a format declares, None if it declares none, or RequestError."""
    if audio_format.get("type", "audio/pcm") != "audio/pcm":
        raise RequestError("VOX takes and gives 16-bit PCM: type must be 'audio/pcm'.", param=f"{param}.type")
    rate = audio_format.get("rate")
    if rate is None:
        return None
    if not isinstance(rate, int) or isinstance(rate, bool) or rate not in INPUT_RATES:
        raise RequestError(
            f"rate must be a number from {INPUT_RATES[0]} to {INPUT_RATES[-1]} (Hz).", param=f"{param}.rate"
        )
    return rate
