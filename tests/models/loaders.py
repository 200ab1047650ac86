"""Engines that load when the test lets them, and a clock that the test turns."""

from __future__ import annotations

import threading
from typing import Any

from app.models import Model
from app.progress import Progress


class Engine:
    """An engine of no use but to be loaded and unloaded."""

    device = "cpu"
    notice = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unloaded = threading.Event()

    def unload(self) -> None:
        assert not self.unloaded.is_set()
        self.unloaded.set()


class Loader:
    """Loads one engine, once ``may_finish`` is set, or fails with ``failure``."""

    def __init__(self, name: str) -> None:
        self.engine = Engine(name)
        self.failure: Exception | None = None
        self.may_finish = threading.Event()
        self.began = threading.Event()

    def __call__(self, progress: Progress) -> Any:
        progress.report(f"Loading {self.engine.name}", 1, 2)
        self.began.set()
        assert self.may_finish.wait(10)
        progress.check()
        if self.failure is not None:
            raise self.failure
        return self.engine


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class States:
    """Waits for what a model tells of itself."""

    def __init__(self, model: Model[Any]) -> None:
        self._model = model
        self._news = threading.Event()
        model.subscribe(lambda _: self._news.set())

    def until(self, **wanted: Any) -> dict[str, Any]:
        """Wait until the snapshot has those values, and return it."""
        while True:
            self._news.clear()
            shown = self._model.snapshot()
            if all(shown[name] == value for name, value in wanted.items()):
                return shown
            assert self._news.wait(10), shown
