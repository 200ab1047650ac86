"""Inbox: a client's messages on their way from the sockets' event loop to the thread that serves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import SimpleQueue

Message = str | bytes

#: Characters or bytes of messages that may wait until no more is read.
LIMIT = 1024 * 1024


class Inbox:
    """Filled by one thread and worked off by another. ``go_on`` is called by the latter when there is
    room again after ``is_full``."""

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        # Each is written by one of the two threads alone.
        self._put = self._done = 0
        self._put_size = self._done_size = 0
        self._held = False

    # ----- for the one that fills it

    def put(self, message: Message) -> None:
        self._put += 1
        self._put_size += len(message)
        self._messages.put(message)

    def close(self) -> None:
        """Nothing more comes."""
        self._messages.put(None)

    @property
    def is_idle(self) -> bool:
        """Whether everything that came is done."""
        return self._put == self._done

    @property
    def is_full(self) -> bool:
        """Whether so much waits that ``go_on`` will be called."""
        self._held = True  # first, so that the other thread, which looks at it last, cannot miss it
        self._held = self._put_size - self._done_size > LIMIT
        return self._held

    # ----- for the one that works it off

    def __iter__(self) -> Iterator[Message]:
        """The messages, each of which counts as done when the next one is asked for."""
        while (message := self._messages.get()) is not None:
            yield message
            self._done += 1
            self._done_size += len(message)
            if self._held and self._put_size - self._done_size <= LIMIT:
                self._held = False
                self._go_on()
