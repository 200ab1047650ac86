"""The memory over the last minutes."""

from __future__ import annotations

import threading
from itertools import count

from app.memory_history import INTERVAL, KEPT_SECONDS, MemoryHistory


def test_the_last_minutes_are_kept_the_oldest_first() -> None:
    numbers = count()
    history = MemoryHistory(lambda: {"process_bytes": next(numbers), "gpu_bytes": None})
    for _ in range(1000):
        history.note()
    kept = history.as_dict()
    assert kept["process_bytes"] == list(range(1000 - round(KEPT_SECONDS / INTERVAL), 1000))
    assert kept["gpu_bytes"] == [None] * len(kept["process_bytes"])
    assert (kept["interval_seconds"], kept["kept_seconds"]) == (INTERVAL, KEPT_SECONDS)


def test_it_begins_once_and_with_a_look() -> None:
    looked = threading.Semaphore(0)

    def look() -> dict[str, int | None]:
        looked.release()
        return {"process_bytes": 1, "gpu_bytes": 2}

    history = MemoryHistory(look)
    before = threading.active_count()
    for _ in range(3):
        history.start()
    assert looked.acquire(timeout=10)
    assert threading.active_count() <= before + 1
    history.stop()
    assert not looked.acquire(timeout=0)


def test_the_real_memory_is_looked_at() -> None:
    history = MemoryHistory()
    history.note()
    assert history.as_dict()["process_bytes"][0] > 1_000_000
