"""How far the load of a model is: told by the loader, shown by the page."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: Seconds over which the speed of a download is measured.
PACE_SECONDS = 5.0


class LoadCancelled(Exception):
    """The load was given up because the model is no longer wanted."""


@dataclass(frozen=True)
class Step:
    """Where a load has got to. ``done`` and ``total`` are measured, or None where unknown;
    ``bytes_per_second`` is, of bytes, as soon as it can be."""

    stage: str
    done: int | None = None
    total: int | None = None
    unit: Literal["bytes", "stages"] = "stages"
    bytes_per_second: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """Of a download, at the speed of its last seconds; None where that is not known."""
        if self.done is None or self.total is None or not self.bytes_per_second:
            return None
        return max(0, self.total - self.done) / self.bytes_per_second

    def as_dict(self) -> dict[str, Any]:
        """The step as JSON-able values; how fast and how long are there for bytes only."""
        values = asdict(self)
        speed, left = values.pop("bytes_per_second"), self.seconds_left
        if self.unit == "bytes":
            values["bytes_per_second"] = None if speed is None else round(speed)
            values["seconds_left"] = None if left is None else round(left, 1)
        return values


class Pace:
    """How fast bytes come in, over the last few seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def bytes_per_second(self, done: int) -> float | None:
        """The speed now that ``done`` bytes are there; None at the beginning."""
        now = self._clock()
        if self._marks and done < self._marks[-1][1]:
            self._marks.clear()  # another download
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= PACE_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        return (done - before) / (now - since) if now > since else None


class Progress:
    """What a loader tells of its work; each report is also the place where a load can be
    given up."""

    def __init__(self, listener: Callable[[Step], None] | None = None) -> None:
        self._listener = listener
        self._cancelled = threading.Event()
        self._pace = Pace()

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
        self.check(stage)
        if self._listener is not None:
            speed = self._pace.bytes_per_second(done) if unit == "bytes" and done is not None else None
            self._listener(Step(stage, done, total, unit, speed))

    def check(self, stage: str = "") -> None:
        """Raise LoadCancelled when the model is no longer wanted."""
        if self._cancelled.is_set():
            raise LoadCancelled(stage)

    def pause(self, seconds: float) -> None:
        """Wait before going on. Raises LoadCancelled when the model is no longer wanted."""
        if self._cancelled.wait(seconds):
            raise LoadCancelled("pausing")

    def cancel(self) -> None:
        self._cancelled.set()
