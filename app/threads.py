"""Threads for work that comes often and is short: each is kept for a while for the next work.

``threading.Thread.start`` returns once the new thread runs, for which it must first be given Python's lock;
with many conversations at once whoever begins something would wait there for milliseconds. Not the standard
library's pool: at the end of the process that waits for work that nobody can end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

log = logging.getLogger(__name__)

#: Seconds without work after which a thread ends.
IDLE_SECONDS = 10.0


@dataclass(frozen=True, eq=False)
class Work:
    """What a thread has been given to do. It is called by its ``name`` meanwhile."""

    do: Callable[[], object]
    name: str
    _is_over: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is done, however it ended; False if that took longer than ``timeout`` seconds."""
        return self._is_over.wait(timeout)

    def run(self) -> None:
        """Do it. What it raises is logged."""
        thread = threading.current_thread()
        thread.name = self.name
        try:
            self.do()
        except Exception:
            log.exception("%s broke off", self.name)
        finally:
            thread.name = "idle"
            self._is_over.set()


class Threads:
    """As many daemon threads as there is work at the same time."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        #: Where each idle thread waits. The one that became idle last is given work first, so that those
        #: that are not needed end.
        self._idle: list[SimpleQueue[Work]] = []

    def begin(self, do: Callable[[], object], name: str) -> Work:
        """Have ``do`` called in another thread, beside all other work. Returns at once."""
        work = Work(do, name)
        with self._lock:
            given = self._idle.pop() if self._idle else None
        if given is not None:
            given.put(work)
        else:
            threading.Thread(target=self._serve, args=(work,), name=name, daemon=True).start()
        return work

    def _serve(self, work: Work) -> None:
        given: SimpleQueue[Work] = SimpleQueue()
        next_work: Work | None = work
        while next_work is not None:
            next_work.run()
            del next_work  # what it holds on to is not kept until the next comes
            next_work = self._next(given)

    def _next(self, given: SimpleQueue[Work]) -> Work | None:
        with self._lock:
            self._idle.append(given)
        try:
            return given.get(timeout=self._idle_seconds)
        except Empty:
            with self._lock:
                if given in self._idle:
                    self._idle.remove(given)
                    return None
            return given.get()  # it came at the last moment


_shared = Threads()


def begin(do: Callable[[], object], name: str) -> Work:
    """``Threads.begin`` of the threads of this process."""
    return _shared.begin(do, name)
