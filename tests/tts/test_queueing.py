"""Whose turn it is with an engine that does one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from app.engines import Stop
from app.tts.queueing import Place, Turns


class Desk:
    """Phrases that wait for their turn, each in a thread; whose it is is written down."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.had: list[str] = []
        self._places = ExitStack()
        self._threads: list[threading.Thread] = []
        self._held: dict[str, threading.Event] = {}
        self._changed = threading.Condition()

    def place(self, stop: Stop) -> Place:
        """A place in line that is kept until the end."""
        return self._places.enter_context(self.turns.place(stop))

    def asks(self, name: str, place: Place) -> None:
        """A phrase asks for a turn, and by the return of this call it stands in line."""
        self._held[name] = threading.Event()
        waiting = len(self.had) + self._asking() + 1
        thread = threading.Thread(target=self._take, args=(name, place), daemon=True)
        self._threads.append(thread)
        thread.start()
        self._until(lambda: len(self.had) + self._asking() >= waiting)

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
        self._places.close()

    def _take(self, name: str, place: Place) -> None:
        with place.turn() as is_mine:
            with self._changed:
                self.had.append(name if is_mine else f"not {name}")
                self._changed.notify_all()
            if is_mine:
                self._held[name].wait(30)

    def _asking(self) -> int:
        return sum(place.is_asking for places in self.turns._line.values() for place in places)

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


@pytest.fixture
def comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had a turn is waited for, for as long as a test may take."""
    monkeypatch.setattr("app.tts.queueing.COMES_BACK_WITHIN", 600.0)


@pytest.fixture
def stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had a turn and does not ask for the next at once is not waited for."""
    monkeypatch.setattr("app.tts.queueing.COMES_BACK_WITHIN", 0.0)


@pytest.mark.usefixtures("stays_away")
def test_a_reply_with_many_phrases_keeps_another_waiting_for_one_only(desk: Desk) -> None:
    busy, other = threading.Event(), threading.Event()
    desk.asks("busy 1", desk.place(busy))
    desk.until_had("busy 1")
    desk.asks("busy 2", desk.place(busy))
    desk.asks("busy 3", desk.place(busy))
    desk.asks("other 1", desk.place(other))
    desk.gives_back("busy 1")
    desk.until_had("busy 1", "other 1")
    desk.gives_back("other 1")
    desk.until_had("busy 1", "other 1", "busy 2")


@pytest.mark.usefixtures("stays_away")
def test_within_a_reply_the_phrase_that_began_first_goes_first(desk: Desk) -> None:
    reply, other = threading.Event(), threading.Event()
    first, second = desk.place(reply), desk.place(reply)
    desk.asks("other", desk.place(other))
    desk.until_had("other")
    desk.asks("second", second)
    desk.asks("first", first)
    desk.gives_back("other")
    desk.until_had("other", "first")
    desk.gives_back("first")
    desk.until_had("other", "first", "second")


@pytest.mark.usefixtures("comes_back")
def test_a_phrase_is_whole_before_the_next_of_its_reply_has_a_turn(desk: Desk) -> None:
    reply = threading.Event()
    with desk.turns.place(reply) as first:
        desk.asks("first, a piece", first)
        desk.until_had("first, a piece")
        desk.asks("second", desk.place(reply))
        desk.gives_back("first, a piece")
        desk.asks("first, the rest", first)
        desk.until_had("first, a piece", "first, the rest")
        desk.gives_back("first, the rest")
    desk.until_had("first, a piece", "first, the rest", "second")


@pytest.mark.usefixtures("comes_back")
def test_another_reply_need_not_wait_until_it_is_whole(desk: Desk) -> None:
    reply, other = threading.Event(), threading.Event()
    first = desk.place(reply)
    desk.asks("first, a piece", first)
    desk.until_had("first, a piece")
    desk.gives_back("first, a piece")
    desk.asks("other", desk.place(other))
    desk.until_had("first, a piece", "other")


@pytest.mark.usefixtures("stays_away")
def test_a_phrase_that_nobody_takes_keeps_the_next_waiting_for_a_moment_only(desk: Desk) -> None:
    reply = threading.Event()
    desk.asks("first, a piece", desk.place(reply))
    desk.until_had("first, a piece")
    desk.asks("second", desk.place(reply))
    desk.gives_back("first, a piece")
    desk.until_had("first, a piece", "second")


def test_who_is_stopped_while_waiting_leaves_the_line(desk: Desk) -> None:
    one, two, three = threading.Event(), threading.Event(), threading.Event()
    desk.asks("one", desk.place(one))
    desk.until_had("one")
    desk.asks("two", desk.place(two))
    desk.asks("three", desk.place(three))
    two.set()
    desk.until_had("one", "not two")
    desk.gives_back("one")
    desk.until_had("one", "not two", "three")
