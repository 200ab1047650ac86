"""Waiting for an engine that speaks one phrase at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.engines import Stop

#: Seconds between two looks at the stop of someone who waits.
_LOOK_EVERY = 0.05


@contextmanager
def turn(lock: threading.Lock, stop: Stop) -> Iterator[bool]:
    """Hold ``lock`` during the block, which is given True; False, without the lock, when ``stop``
    was set before it was free."""
    while not stop.is_set():
        if lock.acquire(timeout=_LOOK_EVERY):
            try:
                yield not stop.is_set()
            finally:
                lock.release()
            return
    yield False
