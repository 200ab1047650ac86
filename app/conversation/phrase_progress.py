"""What an engine tells of its work on a phrase, thinned out for the wire."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.conversation.playback import Clock

#: Seconds between two events, at least.
PAUSE = 0.1

#: The least change that is worth an event.
STEP = 0.01


class PhraseProgress:
    """The ``Tell`` of one phrase: passes on to ``tell`` every further share of at least STEP, none
    sooner than PAUSE after the one before. What ``tell`` says was not told does not count."""

    def __init__(self, tell: Callable[[float], bool], clock: Clock = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._told = 0.0
        self._at = float("-inf")

    def __call__(self, fraction: float) -> None:
        now = self._clock()
        if fraction < self._told + STEP or now < self._at + PAUSE:
            return
        if self._tell(fraction):
            self._told, self._at = fraction, now
