"""Engines that take no time, to see what the server itself takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from app.engines import Message, Samples, Stop, Tell, tell_nobody
from app.models import Model, Models
from app.progress import Progress

WORDS = ("The", "capital", "of", "France", "is", "Paris.", "It", "lies", "on", "the", "river", "Seine.")


class _Instant:
    name = "instant"
    device = "cpu"
    notice = ""

    def load(self, progress: Progress) -> None: ...

    def unload(self) -> None: ...


class InstantTranscriber(_Instant):
    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:  # noqa: ARG002
        yield "What is the capital of France?"


class InstantBrain(_Instant):
    context_tokens = 4096
    is_demo = False

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:  # noqa: ARG002
        for word in WORDS:
            yield f"{word} "


class InstantSynthesizer(_Instant):
    sample_rate = 24_000
    tags: frozenset[str] = frozenset()
    voices: tuple[str, ...] = ("instant",)
    default_voice = ""
    takes_recordings = False

    def synthesize(
        self,
        phrase: str,
        voice: str | None,  # noqa: ARG002
        stop: Stop,  # noqa: ARG002
        tell: Tell = tell_nobody,  # noqa: ARG002
    ) -> Iterator[Samples]:
        yield np.zeros(len(phrase) * 1_200, dtype=np.float32)


def instant_models() -> Models:
    """Three models whose work takes no time."""
    return Models(
        Model("stt", lambda progress: InstantTranscriber()),  # noqa: ARG005
        Model("llm", lambda progress: InstantBrain()),  # noqa: ARG005
        Model("tts", lambda progress: InstantSynthesizer()),  # noqa: ARG005
    )
