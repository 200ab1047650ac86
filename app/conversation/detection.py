"""How the server tells by itself when an utterance begins and ends: Realtime's ``turn_detection``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from app.conversation.events import RequestError

Kind = Literal["server_vad", "semantic_vad"]
Eagerness = Literal["low", "medium", "high", "auto"]

_WHERE = "session.audio.input.turn_detection"

#: Milliseconds of silence that end a turn whatever the voice sounded like, by eagerness.
_LONGEST_SILENCE: dict[Eagerness, int] = {"low": 4000, "medium": 2500, "auto": 2500, "high": 1200}
#: The same where there is no model.
_SILENCE_WITHOUT_MODEL = 800
#: How sure the model must be that the turn is over, by eagerness.
_SURENESS: dict[Eagerness, float] = {"low": 0.8, "medium": 0.5, "auto": 0.5, "high": 0.3}
#: The same where the words are a question: when the pause has just begun, and when it goes on. Then
#: the words count more than the melody, which often stays up.
_SURENESS_OF_A_QUESTION: dict[Eagerness, tuple[float, float]] = {
    "low": (0.8, 0.3),
    "medium": (0.3, 0.0),
    "auto": (0.3, 0.0),
    "high": (0.15, 0.0),
}


@dataclass(frozen=True)
class TurnDetection:
    """One ``turn_detection``. Durations are in milliseconds."""

    kind: Kind
    #: Probability of voice above which a frame is taken for speech.
    threshold: float = 0.5
    #: Sound kept from before the first voiced frame.
    prefix_ms: int = 300
    #: Silence that ends a turn.
    silence_ms: int = 500
    eagerness: Eagerness = "auto"
    creates_response: bool = True
    interrupts_response: bool = True

    @classmethod
    def parsed(cls, given: Any) -> TurnDetection | None:
        """From a ``session.update``; None where the client ends its utterances itself. Raises
        RequestError."""
        if given is None:
            return None
        if not isinstance(given, Mapping):
            raise RequestError("turn_detection must be an object, or null.", param=_WHERE)
        kind = given.get("type", "server_vad")
        if kind not in get_args(Kind):
            raise RequestError(
                "turn_detection.type must be 'server_vad' or 'semantic_vad'.", param=f"{_WHERE}.type"
            )
        if given.get("idle_timeout_ms") is not None:
            raise RequestError(
                "VOX does not speak up by itself after a silence: leave idle_timeout_ms out.",
                "unsupported",
                f"{_WHERE}.idle_timeout_ms",
            )
        eagerness = _eagerness(given.get("eagerness") or "auto")
        silence = cls.silence_ms if kind == "server_vad" else _LONGEST_SILENCE[eagerness]
        return cls(
            kind=kind,
            threshold=_number(given, "threshold", cls.threshold, 0.05, 0.95),
            prefix_ms=round(_number(given, "prefix_padding_ms", cls.prefix_ms, 0, 2000)),
            silence_ms=round(_number(given, "silence_duration_ms", silence, 100, 10_000)),
            eagerness=eagerness,
            creates_response=_switch(given, "create_response"),
            interrupts_response=_switch(given, "interrupt_response"),
        )

    @property
    def uses_model(self) -> bool:
        """Whether a model that listens to the voice may end a turn; else only silence does."""
        return self.kind == "semantic_vad"

    def is_sure(self, probability: float, *, asked: bool, is_first: bool) -> bool:
        """Whether a pause is the end of a turn: the model gives it that ``probability``, its words are
        a question or not (``asked``), and the pause has just begun (``is_first``) or goes on."""
        if asked:
            at_first, later = _SURENESS_OF_A_QUESTION[self.eagerness]
            return probability >= (at_first if is_first else later)
        return probability >= _SURENESS[self.eagerness]

    def by_silence(self) -> TurnDetection:
        """The same where there is no model: silence ends a turn, sooner than if one were only to
        make up for the model's mistakes."""
        return replace(self, kind="server_vad", silence_ms=min(self.silence_ms, _SILENCE_WITHOUT_MODEL))

    def as_realtime(self) -> dict[str, Any]:
        """As ``session.updated`` shows it. For ``semantic_vad`` the numbers are VOX's own addition."""
        shown: dict[str, Any] = {"type": self.kind}
        if self.kind == "semantic_vad":
            shown["eagerness"] = self.eagerness
        return shown | {
            "threshold": self.threshold,
            "prefix_padding_ms": self.prefix_ms,
            "silence_duration_ms": self.silence_ms,
            "create_response": self.creates_response,
            "interrupt_response": self.interrupts_response,
        }


def _number(given: Mapping[str, Any], key: str, default: float, least: float, most: float) -> float:
    value = given.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise RequestError(f"{key} must be a number from {least:g} to {most:g}.", param=f"{_WHERE}.{key}")
    return float(value)


def _eagerness(value: Any) -> Eagerness:
    for known in get_args(Eagerness):
        if value == known:
            return cast(Eagerness, known)
    raise RequestError(
        f"eagerness must be one of {', '.join(get_args(Eagerness))}.", param=f"{_WHERE}.eagerness"
    )


def _switch(given: Mapping[str, Any], key: str) -> bool:
    value = given.get(key, True)
    if not isinstance(value, bool):
        raise RequestError(f"{key} must be true or false.", param=f"{_WHERE}.{key}")
    return value
