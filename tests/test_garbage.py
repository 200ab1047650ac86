"""Garbage collection that holds nobody up."""

from __future__ import annotations

import gc
import weakref

from app import garbage


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_is_there_is_looked_at_once() -> None:
    garbage.collect()
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < gc.get_freeze_count() / 10


def test_what_was_set_aside_goes_when_nothing_refers_to_it() -> None:
    circle = Circle()
    seen = weakref.ref(circle)
    garbage.collect()
    del circle
    assert seen() is not None
    garbage.collect()
    assert seen() is None


def test_what_comes_later_is_collected_as_ever() -> None:
    garbage.collect()
    seen = weakref.ref(Circle())
    gc.collect()
    assert seen() is None
