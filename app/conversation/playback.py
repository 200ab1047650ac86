"""An estimate of what a listener hears of a reply whose phrases are sent ahead of their sound."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: Seconds from any moment on.
Clock = Callable[[], float]


class Playback:
    """Follows the playback of one reply by ``clock``: a phrase begins to sound when it is sent, or
    when the one before it ends, whichever is later. Not safe for threads."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._begins: deque[float] = deque()  # of those that have not begun to sound
        self._end = float("-inf")

    def sent(self, seconds: float) -> None:
        """A phrase, or the first piece of one, of that duration is on its way to the listener."""
        self._begins.append(max(self._clock(), self._end))
        self.extended(seconds)

    def extended(self, seconds: float) -> None:
        """So is a further piece of the phrase that was sent last."""
        self._end = max(self._clock(), self._end) + seconds

    def unheard(self) -> int:
        """Phrases sent that have not begun to sound."""
        now = self._clock()
        while self._begins and self._begins[0] <= now:
            self._begins.popleft()
        return len(self._begins)

    def until_next(self) -> float | None:
        """Seconds until the next of them begins to sound, None where there is none."""
        return max(0.0, self._begins[0] - self._clock()) if self._begins else None
