"""How far the load of a model is: told by the loader, shown by the page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


class LoadCancelled(Exception):
    """The load was given up because the model is no longer wanted."""


@dataclass(frozen=True)
class Step:
    """Where a load has got to. ``done`` and ``total`` are measured, or None where unknown."""

    stage: str
    done: int | None = None
    total: int | None = None
    unit: Literal["bytes", "stages"] = "stages"


class Progress:
    """What a loader tells of its work; each report is also the place where a load can be
    given up."""

    def __init__(self, listener: Callable[[Step], None] | None = None) -> None:
        self._listener = listener
        self._cancelled = threading.Event()

    def report(
        self,
        stage: str,
        done: int | None = None,
        total: int | None = None,
        unit: Literal["bytes", "stages"] = "stages",
    ) -> None:
        """Tell the stage ("Downloading t3_turbo_v1.safetensors") and how far it is.

        Raises LoadCancelled when the model is no longer wanted.
        """
        if self._cancelled.is_set():
            raise LoadCancelled(stage)
        if self._listener is not None:
            self._listener(Step(stage, done, total, unit))

    def pause(self, seconds: float) -> None:
        """Wait before going on. Raises LoadCancelled when the model is no longer wanted."""
        if self._cancelled.wait(seconds):
            raise LoadCancelled("pausing")

    def cancel(self) -> None:
        self._cancelled.set()
