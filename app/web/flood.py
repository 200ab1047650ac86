"""How much a client may send before it is taken for broken or hostile."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Raw 16-bit audio at 192 kHz is half a megabyte a second as base64; everyone else needs less.
BYTES_PER_SECOND = 2 * 1024 * 1024
BURST_BYTES = 48 * 1024 * 1024
MESSAGES_PER_SECOND = 1_000
BURST_MESSAGES = 20_000


class FloodGauge:
    """Two leaking buckets, of bytes and of messages; ``overflows`` when either runs over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._bytes = 0.0
        self._messages = 0.0

    def overflows(self, size: int) -> bool:
        """Count a message of ``size`` bytes; True when it is too much."""
        now = self._clock()
        elapsed, self._at = now - self._at, now
        self._bytes = max(0.0, self._bytes - elapsed * BYTES_PER_SECOND) + size
        self._messages = max(0.0, self._messages - elapsed * MESSAGES_PER_SECOND) + 1
        return self._bytes > BURST_BYTES or self._messages > BURST_MESSAGES
