"""The life of a model: unloaded, loading (with progress), ready, failed.

A ``Model`` owns one engine and everything about its life; whoever wants to use the engine asks
for it here. Loading happens in a thread of its own, so that the page is up long before.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from app import memory
from app.progress import LoadCancelled, Progress, Step

if TYPE_CHECKING:
    from app.engines import Brain, Engine, Stop, Synthesizer, Transcriber

log = logging.getLogger(__name__)

Kind = Literal["tts", "stt", "llm"]

#: How often someone who waits for a model looks at their stop.
STOP_POLL_SECONDS = 0.05


class State(str, Enum):
    UNLOADED = "unloaded"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelNotReady(Exception):
    """The model cannot be used now; the message is a sentence for the person."""


class ModelBusy(Exception):
    """The model is in use and cannot be unloaded now; the message is a sentence for the person."""


E = TypeVar("E", bound="Engine")


class Model(Generic[E]):
    """One model's life. Safe to use from any thread.

    ``choose`` makes and loads the engine: it is called in the loading thread with a Progress,
    and returns a loaded engine or raises an exception whose message is for the person.
    """

    def __init__(self, kind: Kind, choose: Callable[[Progress], E]) -> None:
        self.kind = kind
        self._choose = choose
        self._changed = threading.Condition()
        self._state = State.UNLOADED
        self._engine: E | None = None
        self._error = ""
        self._step: Step | None = None
        self._progress: Progress | None = None
        self._users = 0
        self._listeners: list[Callable[[Model[E]], None]] = []
        self._load_seconds: float | None = None

    @property
    def state(self) -> State:
        return self._state

    @property
    def error(self) -> str:
        """Why the last load failed, or ""."""
        return self._error

    @property
    def loaded(self) -> E | None:
        """The engine if it is loaded; use it for what it is, not for its work (see ``use``)."""
        return self._engine

    def load(self, after: float = 0.0) -> None:
        """Begin to load in the background, ``after`` seconds from now; harmless while loading or
        when ready."""
        with self._changed:
            if self._state in (State.LOADING, State.READY):
                return
            progress = Progress(self._on_step)
            self._progress = progress
            self._error = ""
            self._step = Step("Starting")
            self._set_state(State.LOADING)
        threading.Thread(
            target=self._load, args=(progress, after), name=f"load-{self.kind}", daemon=True
        ).start()

    def wait(self, timeout: float | None = None) -> E:
        """The loaded engine, loading it first if need be.

        Raises ModelNotReady when loading fails or takes longer than ``timeout`` seconds.
        """
        self.load()
        with self._changed:
            settled = self._changed.wait_for(lambda: self._state is not State.LOADING, timeout)
            return self._ready_engine(settled)

    @contextmanager
    def use(self, stop: Stop | None = None) -> Iterator[E]:
        """The loaded engine, loading it first if need be, and kept from being unloaded until the
        block ends.

        Raises ModelNotReady when loading fails, or ``stop`` is set meanwhile.
        """
        self.load()
        with self._changed:
            while self._state is State.LOADING and not (stop and stop.is_set()):
                self._changed.wait(STOP_POLL_SECONDS if stop else None)
            engine = self._ready_engine(settled=self._state is not State.LOADING)
            self._users += 1
        try:
            yield engine
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    def unload(self, timeout: float = 10.0) -> None:
        """Free the engine, waiting up to ``timeout`` seconds for its users; a load under way is
        given up.

        Raises ModelBusy when someone still uses it then.
        """
        with self._changed:
            if self._progress is not None:
                self._progress.cancel()
                self._progress = None
            if not self._changed.wait_for(lambda: self._users == 0, timeout):
                raise ModelBusy("That model is answering someone right now. Stop it first, then try again.")
            engine, self._engine = self._engine, None
            self._step = None
            self._error = ""
            self._set_state(State.UNLOADED)
        if engine is not None:
            engine.unload()
            gc.collect()
            memory.give_back()

    def snapshot(self) -> dict[str, Any]:
        """The model's life as JSON-able values: state, name, device, progress, error, notice."""
        with self._changed:
            engine = self._engine
            return {
                "state": self._state.value,
                "name": engine.name if engine else "",
                "device": engine.device if engine else "",
                "precision": getattr(engine, "precision", ""),
                "notice": engine.notice if engine else "",
                "progress": asdict(self._step) if self._step else None,
                "error": self._error or None,
                "load_seconds": self._load_seconds,
                "demo": bool(getattr(engine, "is_demo", False)),
            }

    def subscribe(self, listener: Callable[[Model[E]], None]) -> Callable[[], None]:
        """Call ``listener`` at every change, from the changing thread; returns the way out."""
        with self._changed:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._changed:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def _load(self, progress: Progress, after: float) -> None:
        started = time.monotonic() + after
        engine: E | None = None
        error = ""
        try:
            progress.pause(after)
            engine = self._choose(progress)
        except LoadCancelled:
            log.info("%s: load given up", self.kind)
        except Exception as problem:  # the loading thread is where every failure must be told
            error = str(problem) or type(problem).__name__
            log.error("%s: %s", self.kind, error, exc_info=log.isEnabledFor(logging.DEBUG))
        with self._changed:
            wanted = self._progress is progress
            if wanted:
                self._progress = None
                self._step = None
                self._engine = engine
                self._error = error
                self._load_seconds = round(time.monotonic() - started, 2)
                self._set_state(State.READY if engine else State.FAILED)
        if not wanted and engine is not None:
            engine.unload()
        elif engine is not None:
            log.info(
                "%s: %s ready on %s in %.1f s", self.kind, engine.name, engine.device, self._load_seconds
            )
            if engine.notice:
                log.warning("%s: %s", self.kind, engine.notice)
        gc.collect()

    def _on_step(self, step: Step) -> None:
        with self._changed:
            if self._state is State.LOADING:
                self._step = step
                self._tell()

    def _ready_engine(self, settled: bool) -> E:
        if self._engine is not None and self._state is State.READY:
            return self._engine
        if not settled:
            raise ModelNotReady(f"{NAMES[self.kind]} is still loading. Try again in a moment.")
        raise ModelNotReady(self._error or f"{NAMES[self.kind]} is not loaded.")

    def _set_state(self, state: State) -> None:
        self._state = state
        self._changed.notify_all()
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener(self)


@dataclass(frozen=True)
class Models:
    """The three models of one process: ears, brain and voice."""

    stt: Model[Transcriber]
    llm: Model[Brain]
    tts: Model[Synthesizer]

    def __iter__(self) -> Iterator[Model[Any]]:
        yield from (self.stt, self.llm, self.tts)

    def wait(self) -> None:
        """Load all of them, at the same time, and wait until they are ready.

        Raises ModelNotReady when one fails.
        """
        for model in self:
            model.load()
        for model in self:
            model.wait()

    def unload(self) -> None:
        """Free all of them. Raises ModelBusy when one is in use."""
        for model in self:
            model.unload()

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Each model's snapshot by its kind."""
        return {model.kind: model.snapshot() for model in self}


#: How the page names each kind of model.
NAMES: dict[Kind, str] = {"stt": "The transcriber", "llm": "The language model", "tts": "The voice"}
