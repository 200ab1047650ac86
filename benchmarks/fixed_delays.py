"""Engines whose work takes a fixed time and no processor, to see what the server adds to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from app.engines import Message, Samples, Stop, Tell, tell_nobody
from app.models import Model, Models
from benchmarks.instant import WORDS, InstantBrain, InstantSynthesizer, InstantTranscriber

#: Until the words are known, until the first text, until a phrase's sound.
STT_SECONDS, LLM_SECONDS, TTS_SECONDS = 0.15, 0.1, 0.1
#: Between two words.
WORD_SECONDS = 0.01

REPLY = (*WORDS, *WORDS, *WORDS)
#: Words with which the first phrase is known to be whole.
FIRST = 7


class FixedTranscriber(InstantTranscriber):
    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:
        time.sleep(STT_SECONDS)
        yield from super().transcribe(audio, stop)


class FixedBrain(InstantBrain):
    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:  # noqa: ARG002
        time.sleep(LLM_SECONDS)
        yield " ".join(REPLY[:FIRST])
        for word in REPLY[FIRST:]:
            time.sleep(WORD_SECONDS)
            if stop.is_set():
                return
            yield f" {word}"


class FixedSynthesizer(InstantSynthesizer):
    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        time.sleep(TTS_SECONDS)
        yield from super().synthesize(phrase, voice, stop, tell)


def fixed_delay_models() -> Models:
    """Three models that take the time they take."""
    return Models(
        Model("stt", lambda progress: FixedTranscriber()),  # noqa: ARG005
        Model("llm", lambda progress: FixedBrain()),  # noqa: ARG005
        Model("tts", lambda progress: FixedSynthesizer()),  # noqa: ARG005
    )
