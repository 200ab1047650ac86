"""Leaving work that cannot be stopped."""

from __future__ import annotations

import threading

import pytest

from app.tts.leaving import finished


def test_what_the_work_returns_is_returned() -> None:
    assert finished(lambda: 7, threading.Event()) == 7


def test_an_error_of_the_work_is_raised_also_a_timeout() -> None:
    for problem in (ValueError("no"), TimeoutError("too long")):
        with pytest.raises(type(problem), match=str(problem)):
            finished(lambda problem=problem: _raise(problem), threading.Event())  # type: ignore[misc]


def test_a_stop_leaves_work_that_goes_on_and_finishes() -> None:
    stop, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        stop.set()
        go_on.wait()
        done.set()

    assert finished(work, stop) is None
    go_on.set()
    assert done.wait(10)


def _raise(problem: Exception) -> None:
    raise problem
