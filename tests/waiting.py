"""Waiting for what another thread, or another process, brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds after which what did not happen is taken never to happen.
PATIENCE = 60


def wait_until(condition: Callable[[], T]) -> T:
    """Wait for ``condition`` to give something that counts as true, and return that. Looks often at
    first, then less: a look may cost something."""
    deadline = time.monotonic() + PATIENCE
    pause = 0.002
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it never happened: {found!r}"
        time.sleep(pause)
        pause = min(1.1 * pause, 0.1)
    return found
