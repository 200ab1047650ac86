"""A clock that stands still until a test sets it."""

from __future__ import annotations

import threading


class StandingClock:
    """``now`` is in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._read = threading.Condition()
        self._reads = 0

    def __call__(self) -> float:
        with self._read:
            self._reads += 1
            self._read.notify_all()
            return self.now

    def until_read(self, times: int = 5) -> None:
        """Wait until it has been read so many times from now on: whoever follows it has had every
        chance to do what it wants to."""
        with self._read:
            reads = self._reads + times
            assert self._read.wait_for(lambda: self._reads >= reads, 30)
