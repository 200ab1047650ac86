"""Threads that are kept for the next work."""

from __future__ import annotations

import logging
import threading
from functools import partial

import pytest

from app.threads import Threads

PATIENCE = 30.0


def thread_of(threads: Threads) -> threading.Thread:
    """The thread that does the next work."""
    doing: list[threading.Thread] = []
    assert threads.begin(lambda: doing.append(threading.current_thread()), "looking").wait(PATIENCE)
    return doing[0]


def test_one_thread_does_one_work_after_the_other_under_the_name_of_each() -> None:
    threads = Threads()
    names: list[str] = []
    seen = {thread_of(threads)}
    for name in ("work-0", "work-1", "work-2"):
        threads.begin(lambda: names.append(threading.current_thread().name), name).wait(PATIENCE)
        seen.add(thread_of(threads))
    assert names == ["work-0", "work-1", "work-2"]
    # Whoever waits for work may go on a moment before its thread is idle again.
    assert len(seen) <= 2


def test_work_at_the_same_time_is_done_side_by_side() -> None:
    threads = Threads()
    together = threading.Barrier(5)
    work = [threads.begin(lambda: together.wait(PATIENCE), "together") for _ in range(5)]
    assert all(each.wait(PATIENCE) for each in work)
    assert not together.broken


def test_a_thread_without_work_ends() -> None:
    thread = thread_of(Threads(idle_seconds=0.01))
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_what_breaks_off_is_logged_and_the_next_work_is_done(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("no more ink")

    threads = Threads()
    with caplog.at_level(logging.ERROR):
        assert threads.begin(fail, "printing").wait(PATIENCE)
    assert "printing broke off" in caplog.text
    assert "no more ink" in caplog.text
    assert thread_of(threads).is_alive()


def test_work_that_comes_while_a_thread_is_about_to_end_is_done() -> None:
    threads = Threads(idle_seconds=0)
    done: list[int] = []
    for number in range(2_000):
        assert threads.begin(partial(done.append, number), "counting").wait(PATIENCE)
    assert done == list(range(2_000))
