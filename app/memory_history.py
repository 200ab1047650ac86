"""What this process took of the memory over the last minutes, to be drawn."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

from app import memory

#: Seconds between two looks, and how far back they are kept.
INTERVAL = 3.0
KEPT_SECONDS = 600.0

Look = Callable[[], dict[str, "int | None"]]


class MemoryHistory:
    """Looks at the memory every few seconds from ``start`` on, in a thread of its own."""

    def __init__(self, look: Look = memory.snapshot) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._samples: deque[dict[str, int | None]] = deque(maxlen=round(KEPT_SECONDS / INTERVAL))
        self._has_started = False
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to look; harmless when begun."""
        with self._lock:
            if self._has_started:
                return
            self._has_started = True
        threading.Thread(target=self._run, name="memory-history", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def note(self) -> None:
        """Look now."""
        sample = self._look()
        with self._lock:
            self._samples.append(sample)

    def as_dict(self) -> dict[str, Any]:
        """The samples as JSON-able lists, the oldest first; ``gpu_bytes`` has None where there was no GPU."""
        with self._lock:
            samples = list(self._samples)
        return {
            "interval_seconds": INTERVAL,
            "kept_seconds": KEPT_SECONDS,
            "process_bytes": [sample["process_bytes"] for sample in samples],
            "gpu_bytes": [sample["gpu_bytes"] for sample in samples],
        }

    def _run(self) -> None:
        self.note()
        while not self._stopped.wait(INTERVAL):
            self.note()


@cache
def of_this_process() -> MemoryHistory:
    """The one of this process, however many applications it serves. It looks once it is started."""
    return MemoryHistory()
