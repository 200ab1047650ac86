"""How far a call has come, told as it goes on, and the places at which it can be left."""

from __future__ import annotations

from collections.abc import Callable

from app.engines import Tell


class Work:
    """Called before each piece of work, with its size in rows that pass a transformer block; 0 for a
    piece that counts with the one before it."""

    def __init__(self, check: Callable[[], None], tell: Tell, total: int) -> None:
        """``check`` may raise, to leave. ``total`` is the sum of the sizes to come."""
        self._check = check
        self._tell = tell
        self._total = total
        self._done = 0.0

    def __call__(self, size: float) -> None:
        self._check()
        self._tell(self._done / self._total)
        self._done += size

    def finish(self) -> None:
        """All is done."""
        self._check()
        self._tell(1.0)
