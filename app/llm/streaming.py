"""From the event loop to a thread: what arrives there, read as a plain iterator that a stop ends
at once, whatever the loop is waiting for."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from app.engines import Stop
from app.llm.loop import submit

T = TypeVar("T")

#: How often a stop that cannot call back is looked at.
_STOP_POLL_SECONDS = 0.05


class NothingCame(Exception):
    """No further item arrived in the time there was."""


class Stream(Generic[T]):
    """The items of ``source``, which runs on the loop from now until ``close`` or ``stop``.

    Iterating ends after the last item, or once ``stop`` is set. It raises what ``source`` raises,
    and NothingCame after ``first_timeout`` seconds without a first item or ``next_timeout`` seconds
    without a further one.
    """

    def __init__(
        self, source: AsyncIterator[T], stop: Stop, first_timeout: float, next_timeout: float
    ) -> None:
        self._stop = stop
        self._timeout = first_timeout
        self._next_timeout = next_timeout
        self._items: SimpleQueue[T | Future[None]] = SimpleQueue()
        self._work = submit(_pump(source, self._items.put))
        self._work.add_done_callback(self._items.put)  # what comes last, also when it is cancelled
        on_set: Callable[[Callable[[], object]], Callable[[], None]] | None = getattr(stop, "on_set", None)
        self._polls = on_set is None
        self._forget_stop = on_set(self._work.cancel) if on_set else lambda: None

    def __iter__(self) -> Stream[T]:
        return self

    def __next__(self) -> T:
        item = self._next_item()
        if item is None:
            self.close()
            raise StopIteration
        if isinstance(item, Future):
            if not item.cancelled():
                item.result()  # raises what the source raised
            raise StopIteration
        self._timeout = self._next_timeout
        return item

    def close(self) -> None:
        """Cancel ``source``; harmless when it has ended."""
        self._forget_stop()
        self._work.cancel()

    def _next_item(self) -> T | Future[None] | None:
        """The next item, or the work itself once it is done; None when stopped."""
        deadline = time.monotonic() + self._timeout
        while not self._stop.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                raise NothingCame
            with suppress(Empty):
                return self._items.get(timeout=min(left, _STOP_POLL_SECONDS) if self._polls else left)
        return None


async def _pump(source: AsyncIterator[T], put: Callable[[T], None]) -> None:
    async for item in source:
        put(item)
