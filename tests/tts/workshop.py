"""A voice that finishes its phrases when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import numpy as np

from app.engines import Engine, EngineError, Samples, Stop, Synthesizer, Tell, tell_nobody
from app.progress import Progress
from app.tts.phrases import Phrase


class Workshop(Synthesizer, Engine):
    """Makes of each phrase 10 ms of sound. ``finish`` lets phrases end, ``fail`` breaks one."""

    name = "workshop"
    device = "cpu"
    notice = ""
    sample_rate = 10_000
    tags: frozenset[str] = frozenset()
    voices: tuple[str, ...] = ("workshop",)
    default_voice = ""
    takes_recordings = False

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._done: set[str] = set()
        self._broken: dict[str, int] = {}
        self.begun: list[str] = []
        self.left: list[str] = []
        self.stops: list[Stop] = []

    def load(self, progress: Progress) -> None: ...

    def unload(self) -> None: ...

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        with self._changed:
            self.begun.append(phrase)
            self.stops.append(stop)
            self._changed.notify_all()
            while not stop.is_set() and phrase not in self._done | set(self._broken):
                self._changed.wait(0.01)
            self.left.append(phrase)
            self._changed.notify_all()
        if phrase in self._broken:
            yield np.full(self._broken[phrase], 0.5, np.float32)
            raise EngineError(f"{phrase} broke.")
        yield np.full(60 if stop.is_set() else 100, 0.5, np.float32)

    def finish(self, *phrases: str) -> None:
        with self._changed:
            self._done.update(phrases)
            self._changed.notify_all()

    def fail(self, phrase: str, after: int = 0) -> None:
        """Break a phrase, ``after`` so many samples."""
        with self._changed:
            self._broken[phrase] = after
            self._changed.notify_all()

    def until_begun(self, *phrases: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: set(phrases) <= set(self.begun), 30), self.begun

    def until_left(self, *phrases: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: set(phrases) <= set(self.left), 30), self.left


def phrases(names: Iterable[str]) -> list[Phrase]:
    return [Phrase(name, index, index + 1) for index, name in enumerate(names)]
