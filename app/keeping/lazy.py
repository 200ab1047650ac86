"""The desk of a server, made with its first conversation: what it imports takes a second to import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.keeping.desk import Desk


class LazyDesk:
    """Safe to use from any thread."""

    def __init__(self, make: Callable[[], Desk]) -> None:
        self._make = make
        self._lock = threading.Lock()
        #: The desk, once somebody wanted it.
        self.made: Desk | None = None

    def get(self) -> Desk:
        with self._lock:
            if self.made is None:
                self.made = self._make()
            return self.made

    def close(self, timeout: float) -> None:
        """All sessions are over: write what waits, for at most so many seconds."""
        if self.made is not None:
            self.made.close(timeout)
