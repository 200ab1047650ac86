"""Engines that do exactly what a test tells them, for moments that real ones cannot be made to
produce on demand: a model that hangs, a voice that breaks in mid-reply."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from app.engines import (
    Brain,
    Engine,
    Message,
    Samples,
    Stop,
    Synthesizer,
    Tell,
    Transcriber,
    tell_nobody,
)
from app.models import Kind, Model, Models
from app.progress import Progress

E = TypeVar("E", bound=Engine)

Script = Callable[[Stop], Iterator[str]]


def says(*pieces: str) -> Script:
    def script(stop: Stop) -> Iterator[str]:
        yield from pieces

    return script


class Hanging:
    """Says ``pieces``, then nothing until it is stopped; ``is_hanging`` and ``was_stopped`` tell."""

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.is_hanging = threading.Event()
        self.was_stopped = threading.Event()

    def __call__(self, stop: Any) -> Iterator[str]:
        yield from self._pieces
        self.is_hanging.set()
        stop.wait()
        self.was_stopped.set()


class _Scripted:
    name = "scripted"
    device = "cpu"
    notice = ""

    def load(self, progress: Progress) -> None: ...

    def unload(self) -> None: ...


class ScriptedTranscriber(_Scripted):
    """Hears what ``script`` yields."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:
        yield from self._script(stop)


class ScriptedBrain(_Scripted):
    """Answers what ``script`` yields; keeps the prompts it was given."""

    context_tokens = 2048
    is_demo = False

    def __init__(self, script: Script) -> None:
        self._script = script
        self.prompts: list[list[Message]] = []

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
        self.prompts.append(list(messages))
        yield from self._script(stop)


class ScriptedSynthesizer(_Scripted):
    """Speaks a tone of 50 ms (or so many ``samples``) per character; ``before`` is called with each
    phrase first."""

    sample_rate = 24_000
    tags: frozenset[str] = frozenset()
    voices: tuple[str, ...] = ("tone",)
    default_voice = ""
    takes_recordings = False

    def __init__(self, before: Callable[[str], None] = lambda phrase: None, samples: int = 1_200) -> None:
        self._before = before
        self._samples = samples
        self.spoken: list[str] = []

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        self._before(phrase)
        self.spoken.append(phrase)
        yield np.full(len(phrase) * self._samples, 0.1, dtype=np.float32)


class PiecewiseSynthesizer(ScriptedSynthesizer):
    """Speaks each phrase in two halves; the second of each is made once ``go_on`` was called."""

    def __init__(self) -> None:
        super().__init__()
        self._may_go_on = threading.Event()

    def go_on(self) -> None:
        self._may_go_on.set()

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        for whole in super().synthesize(phrase, voice, stop, tell):
            yield whole[: whole.size // 2]
            while not self._may_go_on.wait(0.01):
                if stop.is_set():
                    return
            yield whole[whole.size // 2 :]


class TellingSynthesizer(ScriptedSynthesizer):
    """One that tells, for each phrase, the share of the work it has done, which ``moves_to`` sets,
    until that is all of it."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._moved = threading.Condition()
        self._share = share

    def moves_to(self, share: float) -> None:
        with self._moved:
            self._share = share
            self._moved.notify_all()

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        while not stop.is_set():
            with self._moved:
                share = self._share
                if share == 1.0:
                    break
                self._moved.wait(0.01)
            tell(share)
        yield from super().synthesize(phrase, voice, stop)


def loaded(kind: Kind, engine: E) -> Model[E]:
    model = Model(kind, lambda progress: engine)
    model.wait()
    return model


def scripted_models(transcriber: Transcriber, brain: Brain, synthesizer: Synthesizer | None = None) -> Models:
    return Models(
        loaded("stt", transcriber), loaded("llm", brain), loaded("tts", synthesizer or ScriptedSynthesizer())
    )


class Ear:
    """A listener that keeps every event and lets a test wait for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[Any] = []

    def send(self, event: BaseModel) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def forget(self, response_id: str) -> None: ...

    def until(self, type_name: str, count: int = 1) -> Any:
        """Wait for the ``count``-th event of that type and return it."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(type_name)) >= count, timeout=30), (
                f"no {type_name}; came: {[event.type for event in self.events]}"
            )
            return self.of(type_name)[count - 1]

    def of(self, type_name: str) -> list[Any]:
        return [event for event in self.events if event.type == type_name]
