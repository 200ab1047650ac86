"""Leaving work that cannot be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from app.engines import Stop
from app.tts.queueing import LOOK_EVERY

T = TypeVar("T")


def finished(work: Callable[[], T], stop: Stop) -> T | None:
    """What ``work`` returns, or None as soon as ``stop`` is set; it then goes on in a thread of its
    own, and what comes of it is for the next who asks. Raises what it raises."""
    outcome: Future[T] = Future()
    threading.Thread(target=_run, args=(work, outcome), name="tts-learning", daemon=True).start()
    while not stop.is_set():
        try:
            return outcome.result(timeout=LOOK_EVERY)
        except (TimeoutError, FutureTimeout):
            if outcome.done():  # the work's own error
                raise
    return None


def _run(work: Callable[[], T], outcome: Future[T]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as problem:
        outcome.set_exception(problem)
