"""One load of an engine, in a thread of its own; and freeing one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from app import garbage, memory
from app.progress import LoadCancelled, Progress, Step

if TYPE_CHECKING:
    from app.engines import Engine

log = logging.getLogger(__name__)

E = TypeVar("E", bound="Engine")

#: Makes and loads an engine. Raises an exception whose message is for the person.
Choose = Callable[[Progress], E]


def nothing() -> None:
    """The ``then`` of a load after which nothing is to be done."""


class Load(Generic[E]):
    """``choose``, and then ``then``, done once in the background.

    Afterwards ``engine`` is what was loaded, or ``error`` says why nothing was; both are empty when it
    was given up. ``on_step`` is called at each step of it, ``on_end`` once at its end, both from its
    thread and with the load.
    """

    def __init__(
        self,
        name: str,
        choose: Choose[E],
        then: Callable[[], object],
        on_step: Callable[[Load[E]], None],
        on_end: Callable[[Load[E]], None],
    ) -> None:
        self.step = Step("Starting")
        self.engine: E | None = None
        self.error = ""
        self.seconds = 0.0
        self._name = name
        self._choose = choose
        self._then = then
        self._on_step = on_step
        self._on_end = on_end
        self._progress = Progress(self._note)

    def start(self, after: float) -> None:
        """Begin, ``after`` seconds from now."""
        threading.Thread(target=self._run, args=(after,), name=f"load-{self._name}", daemon=True).start()

    def cancel(self) -> None:
        """Give it up; it ends at its next step."""
        self._progress.cancel()

    def _run(self, after: float) -> None:
        started = time.monotonic() + after
        engine: E | None = None
        try:
            self._progress.pause(after)
            engine = self._choose(self._progress)
            self._progress.check()
            self._then()
            self.engine = engine
        except LoadCancelled:
            log.info("%s: load given up", self._name)
        except Exception as problem:  # the loading thread is where every failure must be told
            self.error = str(problem) or type(problem).__name__
            log.error("%s: %s", self._name, self.error, exc_info=log.isEnabledFor(logging.DEBUG))
        if self.engine is None:
            free(engine)
        self.seconds = round(time.monotonic() - started, 2)
        self._on_end(self)
        garbage.collect()

    def _note(self, step: Step) -> None:
        self.step = step
        self._on_step(self)


def free(*engines: Any) -> None:
    """Unload ``engines`` (None is passed over), and give their memory back to the system."""
    there = [engine for engine in engines if engine is not None]
    for engine in there:
        engine.unload()
    if there:
        garbage.collect()
        memory.give_back()
