"""Whose turn it is with an engine that does one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.tts.queueing import Turns


class Desk:
    """Phrases that wait for their turn, each in a thread; whose it is is written down."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.had: list[str] = []
        self._threads: list[threading.Thread] = []
        self._held: dict[str, threading.Event] = {}
        self._changed = threading.Condition()

    def asks(self, name: str, stop: threading.Event, ticket: int | None = None) -> None:
        """A phrase asks for a turn, and by the return of this call it stands in line."""
        number = self.turns.ticket() if ticket is None else ticket
        self._held[name] = threading.Event()
        waiting = len(self.had) + self._in_line() + 1
        thread = threading.Thread(target=self._take, args=(name, number, stop), daemon=True)
        self._threads.append(thread)
        thread.start()
        self._until(lambda: len(self.had) + self._in_line() >= waiting)

    def gives_back(self, name: str) -> None:
        self._held[name].set()

    def until_had(self, *names: str) -> None:
        self._until(lambda: len(self.had) >= len(names))
        assert self.had == list(names)

    def close(self) -> None:
        for held in self._held.values():
            held.set()
        for thread in self._threads:
            thread.join(30)

    def _take(self, name: str, ticket: int, stop: threading.Event) -> None:
        with self.turns.turn(ticket, stop) as is_mine:
            with self._changed:
                self.had.append(name if is_mine else f"not {name}")
                self._changed.notify_all()
            if is_mine:
                self._held[name].wait(30)

    def _in_line(self) -> int:
        return sum(len(tickets) for tickets in self.turns._line.values())

    def _until(self, condition) -> None:  # type: ignore[no-untyped-def]
        with self._changed:
            while not condition():
                self._changed.wait(0.01)


@contextmanager
def opened() -> Iterator[Desk]:
    desk = Desk()
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as desk:
        yield desk


def test_a_reply_with_many_phrases_keeps_another_waiting_for_one_only(desk: Desk) -> None:
    busy, other = threading.Event(), threading.Event()
    desk.asks("busy 1", busy)
    desk.until_had("busy 1")
    desk.asks("busy 2", busy)
    desk.asks("busy 3", busy)
    desk.asks("other 1", other)
    desk.gives_back("busy 1")
    desk.until_had("busy 1", "other 1")
    desk.gives_back("other 1")
    desk.until_had("busy 1", "other 1", "busy 2")


def test_within_a_reply_the_phrase_that_began_first_goes_first(desk: Desk) -> None:
    reply, other = threading.Event(), threading.Event()
    first, second = desk.turns.ticket(), desk.turns.ticket()
    desk.asks("other", other)
    desk.until_had("other")
    desk.asks("second", reply, second)
    desk.asks("first", reply, first)
    desk.gives_back("other")
    desk.until_had("other", "first")
    desk.gives_back("first")
    desk.until_had("other", "first", "second")


def test_who_is_stopped_while_waiting_leaves_the_line(desk: Desk) -> None:
    one, two, three = threading.Event(), threading.Event(), threading.Event()
    desk.asks("one", one)
    desk.until_had("one")
    desk.asks("two", two)
    desk.asks("three", three)
    two.set()
    desk.until_had("one", "not two")
    desk.gives_back("one")
    desk.until_had("one", "not two", "three")
