"""Where the time of one turn goes."""

from __future__ import annotations

import threading
import time
from typing import Literal

#: "written": the first phrase is, or the first words of a reply without sound.
Moment = Literal["asked", "prompted", "written", "first_sound"]


class Timings:
    """The moments of one turn, each noted the first time it comes. Safe to use from any thread."""

    def __init__(self) -> None:
        self.stt_ms: int | None = None
        self._endpoint_ms: int | None = None
        self._voiced_until_ms: int | None = None
        self._lock = threading.Lock()
        self._moments: dict[Moment, float] = {"asked": time.monotonic()}

    def heard(self, *, voiced_until_ms: float, endpoint_ms: float) -> None:
        """Where in the session's sound the person's voice ended, and how long it then took to know
        that they had finished."""
        self._voiced_until_ms, self._endpoint_ms = round(voiced_until_ms), round(endpoint_ms)

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
            "voiced_until_ms": self._voiced_until_ms,
            "endpoint_ms": self._endpoint_ms,
            "stt_ms": self.stt_ms,
            "llm_ms": self.between("prompted", "written"),
            "tts_ms": self.between("written", "first_sound"),
            "total_ms": self.between("asked", "first_sound"),
        }
