"""Whether an address answers, asked in a bounded time."""

from __future__ import annotations

import logging
import threading
import time

log = logging.getLogger(__name__)

#: Seconds for which an answer holds.
REMEMBERED = 10.0


class Probe:
    """Asks an address whether it answers, and remembers for a while what came of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endpoint = ""
        self._answer = False
        self._when = 0.0

    def answers(self, endpoint: str, timeout: float) -> bool:
        with self._lock:
            if endpoint != self._endpoint or time.monotonic() - self._when > REMEMBERED:
                self._answer = self._ask(endpoint, timeout)
                self._endpoint, self._when = endpoint, time.monotonic()
            return self._answer

    @staticmethod
    def _ask(endpoint: str, timeout: float) -> bool:
        """Ask in a thread of its own: looking up a name has no time-out."""
        answered = threading.Event()

        def ask() -> None:
            import httpx

            try:
                httpx.head(endpoint, timeout=timeout)
                answered.set()
            except Exception:  # whatever the reason, the hub cannot be had
                log.debug("%s does not answer", endpoint, exc_info=True)

        thread = threading.Thread(target=ask, name="hub-probe", daemon=True)
        thread.start()
        thread.join(timeout)
        return answered.is_set()
