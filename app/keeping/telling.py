"""Telling: the one thread that tells sessions what happens in others.

It holds no lock of anybody's meanwhile, so that it may wait for a session's.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)


class Telling:
    """Does what it is given, in order, and ``routine`` each time after that; ``routine`` returns in how
    many seconds at the latest it wants to be called again."""

    def __init__(self, routine: Callable[[], float]) -> None:
        self._routine = routine
        self._changed = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._is_wanted = self._is_closed = False
        self._thread: threading.Thread | None = None

    def put(self, job: Callable[[], None]) -> None:
        """Have it done soon. Never blocks."""
        with self._changed:
            self._jobs.append(job)
            self._wake()

    def wake(self) -> None:
        """Call the routine soon. Never blocks."""
        with self._changed:
            self._wake()

    def close(self) -> None:
        """Tell no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _wake(self) -> None:
        self._is_wanted = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="keeping-telling", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_wanted or self._is_closed, pause)
                if self._is_closed:
                    return
                self._is_wanted = False
                jobs, self._jobs = self._jobs, deque()
            try:
                for job in jobs:
                    job()
                pause = self._routine()
            except Exception:
                log.exception("telling other sessions failed")
                pause = 1.0
