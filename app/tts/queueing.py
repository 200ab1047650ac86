"""Sharing an engine that does one thing at a time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from app.engines import Stop

#: Seconds between two looks at the stop of someone who waits.
LOOK_EVERY = 0.05
#: Seconds for which a phrase that had a turn goes before the later ones of its reply, until it asks again:
#: what is being heard should be whole before the next is begun.
COMES_BACK_WITHIN = 0.02


class Turns:
    """One turn at a time, shared fairly between replies, which are known by their stop: whoever has
    waited gets the next turn before a reply that had this one. Within a reply the phrase that began
    first goes first."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._is_taken = False
        #: The phrases in line, in the order in which they began, by the id of their reply's stop; the next
        #: reply comes first.
        self._line: OrderedDict[int, list[Place]] = OrderedDict()

    @contextmanager
    def place(self, stop: Stop) -> Iterator[Place]:
        """A place in line for one phrase, for as many turns as it takes."""
        reply = id(stop)
        place = Place(self, stop)
        with self.changed:
            self._line.setdefault(reply, []).append(place)
        try:
            yield place
        finally:
            with self.changed:
                self._line[reply].remove(place)
                if not self._line[reply]:
                    del self._line[reply]
                self.changed.notify_all()

    def take(self, place: Place) -> bool:
        """Begin a turn, if it is that phrase's. Called with ``changed`` held, as is ``give_back``."""
        if self._is_taken or self._next() is not place:
            return False
        self._is_taken = True
        return True

    def give_back(self, stop: Stop) -> None:
        self._is_taken = False
        self._line.move_to_end(id(stop))
        self.changed.notify_all()

    def _next(self) -> Place | None:
        """Whose turn it is of those who ask for one."""
        for places in self._line.values():
            for place in places:
                if place.is_asking:
                    return place
                if place.comes_back:
                    break
        return None


class Place:
    """A phrase's place in the line of ``turns``."""

    def __init__(self, turns: Turns, stop: Stop) -> None:
        self._turns = turns
        self._stop = stop
        self._awaited_until = float("-inf")
        self.is_asking = False

    @property
    def comes_back(self) -> bool:
        """Whether it has just had a turn, and may ask for the next at any moment."""
        return time.monotonic() < self._awaited_until

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Have a turn during the block, which is given True; False, without one, when the stop was set
        before it came."""
        is_mine = self._wait()
        try:
            yield is_mine and not self._stop.is_set()
        finally:
            if is_mine:
                with self._turns.changed:
                    self._awaited_until = time.monotonic() + COMES_BACK_WITHIN
                    self._turns.give_back(self._stop)

    def _wait(self) -> bool:
        with self._turns.changed:
            self.is_asking = True
            try:
                while not self._stop.is_set():
                    if self._turns.take(self):
                        return True
                    self._turns.changed.wait(LOOK_EVERY)
                return False
            finally:
                self.is_asking = False
                self._turns.changed.notify_all()
