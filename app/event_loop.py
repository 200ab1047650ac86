"""An event loop in a thread of its own, for what waits for many sockets at once or has to be cancelled
while it waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class EventLoop:
    """Runs from its first use on, in a thread called ``name``, for as long as the process does."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work`` on the loop; cancelling the future cancels it there."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def call(self, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback`` on the loop soon. Calls are made in their order."""
        self._running().call_soon_threadsafe(callback, *args)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            with self._starting:
                if self._loop is None:
                    self._loop = self._start()
        return self._loop

    def _start(self) -> asyncio.AbstractEventLoop:
        # Everywhere the same kind: Windows' own cannot take over a socket from another thread.
        loop = asyncio.SelectorEventLoop()
        threading.Thread(target=loop.run_forever, name=self._name, daemon=True).start()
        return loop
