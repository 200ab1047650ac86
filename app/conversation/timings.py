"""Where the time of one turn goes."""

from __future__ import annotations

import threading
import time
from typing import Literal

Moment = Literal["asked", "prompted", "first_text", "first_phrase", "first_sound"]


class Timings:
    """The moments of one turn, each noted the first time it comes. Safe to use from any thread."""

    def __init__(self) -> None:
        self.stt_ms: int | None = None
        self._lock = threading.Lock()
        self._moments: dict[Moment, float] = {"asked": time.monotonic()}

    def note(self, moment: Moment) -> None:
        with self._lock:
            self._moments.setdefault(moment, time.monotonic())

    def between(self, start: Moment, end: Moment) -> int | None:
        """Milliseconds from ``start`` to ``end``, None if either has not come."""
        with self._lock:
            if start not in self._moments or end not in self._moments:
                return None
            return round((self._moments[end] - self._moments[start]) * 1000)

    def summary(self) -> dict[str, int | None]:
        """The fields of ``vox.timings``."""
        return {
            "stt_ms": self.stt_ms,
            "llm_ms": self.between("prompted", "first_text"),
            "tts_ms": self.between("first_phrase", "first_sound"),
            "total_ms": self.between("asked", "first_sound"),
        }
