"""One event loop, in a thread of its own, for everything asked of language model servers.

A request on a loop can be cancelled at any moment, also while it waits for a server that says
nothing; a blocking one cannot.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

_starting = threading.Lock()


def submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run ``work`` on the loop; cancelling the future cancels it there."""
    with _starting:
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="llm-requests", daemon=True).start()
    return loop
