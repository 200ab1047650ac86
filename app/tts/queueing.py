"""Sharing an engine that does one thing at a time."""

from __future__ import annotations

import itertools
import threading
from bisect import insort
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from app.engines import Stop

#: Seconds between two looks at the stop of someone who waits.
LOOK_EVERY = 0.05


class Turns:
    """One turn at a time, shared fairly between replies, which are known by their stop: whoever has
    waited gets the next turn before a reply that had this one. Within a reply the phrase that began
    first goes first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets = itertools.count()
        self._is_taken = False
        #: Who waits: tickets in order, by the id of their reply's stop; the next reply comes first.
        self._line: OrderedDict[int, list[int]] = OrderedDict()

    def ticket(self) -> int:
        """What a phrase shows for each of its turns."""
        return next(self._tickets)

    @contextmanager
    def turn(self, ticket: int, stop: Stop) -> Iterator[bool]:
        """Have a turn during the block, which is given True; False, without one, when ``stop`` was
        set before it came."""
        is_mine = self._wait(ticket, stop)
        try:
            yield is_mine and not stop.is_set()
        finally:
            if is_mine:
                self._release(stop)

    def _wait(self, ticket: int, stop: Stop) -> bool:
        reply = id(stop)
        with self._changed:
            insort(self._line.setdefault(reply, []), ticket)
            try:
                while not stop.is_set():
                    if not self._is_taken and self._first() == ticket:
                        self._is_taken = True
                        return True
                    self._changed.wait(LOOK_EVERY)
                return False
            finally:
                self._line[reply].remove(ticket)
                if not self._line[reply]:
                    del self._line[reply]
                self._changed.notify_all()

    def _first(self) -> int:
        return next(iter(self._line.values()))[0]

    def _release(self, stop: Stop) -> None:
        with self._changed:
            self._is_taken = False
            if id(stop) in self._line:
                self._line.move_to_end(id(stop))
            self._changed.notify_all()
