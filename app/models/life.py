"""A model's life.

A ``Model`` owns one engine and everything about its life; whoever wants to use the engine asks
for it here. Loading happens in a thread of its own, so that the page is up long before.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from app.models.loading import Choose, Load, free, nothing
from app.models.states import NAMES, Kind, ModelBusy, ModelNotReady, State
from app.models.uses import Use, Uses

if TYPE_CHECKING:
    from app.engines import Engine, Stop

log = logging.getLogger(__name__)

#: How often someone who waits for a model looks at their stop.
STOP_POLL_SECONDS = 0.05

E = TypeVar("E", bound="Engine")


class Model(Generic[E]):
    """One model's life. Safe to use from any thread.

    ``choose`` makes and loads the engine: it is called in the loading thread with a Progress,
    and returns a loaded engine or raises an exception whose message is for the person.
    """

    def __init__(self, kind: Kind, choose: Choose[E], clock: Callable[[], float] = time.monotonic) -> None:
        self.kind = kind
        self._choose = choose
        self._changed = threading.Condition()
        self._state = State.UNLOADED
        self._engine: E | None = None
        #: Engines that another took the place of, and that somebody still works with.
        self._replaced: list[E] = []
        #: The load under way: the first one, or of an engine that is to take the place of this one.
        self._load: Load[E] | None = None
        self._load_seconds: float | None = None
        self._error = ""
        self._uses = Uses(clock)
        self._goes_when_free = False
        self._listeners: list[Callable[[Model[E]], None]] = []

    @property
    def state(self) -> State:
        return self._state

    @property
    def error(self) -> str:
        """Why the last load failed, or "". One that was to take the place of another leaves that one
        ready."""
        return self._error

    @property
    def loaded(self) -> E | None:
        """The engine if it is loaded; use it for what it is, not for its work (see ``use``)."""
        return self._engine

    # ----- loading

    def load(self, after: float = 0.0) -> None:
        """Begin to load in the background, ``after`` seconds from now; harmless while loading. One
        that is ready stays, also where it was about to go."""
        with self._changed:
            self._stay()
            self._begin_if_needed(after)

    def wait(self, timeout: float | None = None) -> E:
        """The loaded engine, loading it first if need be.

        Raises ModelNotReady when loading fails or takes longer than ``timeout`` seconds.
        """
        with self._changed:
            self._begin_if_needed()
            self._changed.wait_for(lambda: self._state is not State.LOADING, timeout)
            return self._ready_engine()

    def switch(self, choose: Choose[E], then: Callable[[], object] = nothing) -> None:
        """Load another engine in the background and let it take the place of the one there is, which
        goes on until then, and goes as soon as nobody works with it.

        ``then`` is called once the new engine is loaded. When that or the loading fails, what was
        there stays, and ``error`` says why.
        """
        with self._changed:
            self._stay()
            self._begin(choose, then)

    def cancel(self) -> None:
        """Give up what is under way or waited for: a load, a change for another, going when free."""
        with self._changed:
            self._stay()
            if self._load is not None:
                self._give_up_load()
                self._set_state(State.UNLOADED if self._engine is None else State.READY)

    # ----- being used

    @contextmanager
    def use(self, stop: Stop | None = None, what: str = "") -> Iterator[E]:
        """The loaded engine, loading it first if need be, and kept from being unloaded until the
        block ends. ``what`` it is for is told to who wants to unload it; ``stop``, if it can be set,
        is how they end that.

        Raises ModelNotReady when loading fails, or ``stop`` is set meanwhile.
        """
        with self._changed:
            self._begin_if_needed()
            while self._state is State.LOADING and not (stop and stop.is_set()):
                self._changed.wait(STOP_POLL_SECONDS if stop else None)
            engine = self._ready_engine()
            use = Use(what, getattr(stop, "set", None), engine)
            self._uses.begin(use)
        try:
            yield engine
        finally:
            self._end(use)

    @contextmanager
    def kept(self, what: str, end: Callable[[], None]) -> Iterator[None]:
        """Keep whatever engine there is from being unloaded until the block ends; ``end`` is how who
        must unload it ends that sooner."""
        use = Use(what, end)
        with self._changed:
            self._uses.begin(use)
        try:
            yield
        finally:
            self._end(use)

    # ----- going

    def unload(self, timeout: float = 10.0) -> None:
        """Free the engine, waiting up to ``timeout`` seconds for its users; a load under way is
        given up.

        Raises ModelBusy when someone still uses it then.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_free, timeout):
                raise ModelBusy("That model is answering someone right now. Stop it first, then try again.")
            engine = self._taken()
        free(engine)

    def unload_when_free(self) -> None:
        """Free the engine as soon as nobody uses it: now, or when the last one ends. Until then
        ``cancel`` and ``load`` keep it."""
        with self._changed:
            if not self._is_free():
                self._goes_when_free = True
                self._tell()
                return
            engine = self._taken()
        free(engine)

    def unload_now(self, timeout: float = 10.0) -> None:
        """End what it is used for, then free the engine. Raises ModelBusy when somebody does not end
        within ``timeout`` seconds."""
        with self._changed:
            ends = [use.end for use in self._uses.everyone() if use.end is not None]
        for end in ends:
            end()
        self.unload(timeout)

    def unload_if_idle(self, seconds: float) -> bool:
        """Free the engine if nobody has used it for so long; returns whether it did."""
        with self._changed:
            idle = self._uses.idle_seconds()
            if self._engine is None or self._load is not None or idle is None or idle < seconds:
                return False
            engine = self._taken()
        free(engine)
        return True

    # ----- being looked at

    def snapshot(self) -> dict[str, Any]:
        """The model's life as JSON-able values: state, name, device, progress, error, notice; whether
        another is being loaded to take its place, and whether it goes when it is free; what it is
        used for now, and for how many seconds it was not."""
        with self._changed:
            engine = self._engine
            idle = self._uses.idle_seconds()
            return {
                "state": self._state.value,
                "name": engine.name if engine else "",
                "device": engine.device if engine else "",
                "precision": getattr(engine, "precision", ""),
                "notice": engine.notice if engine else "",
                "progress": self._load.step.as_dict() if self._load else None,
                "error": self._error or None,
                "load_seconds": self._load_seconds,
                "demo": bool(getattr(engine, "is_demo", False)),
                "switching": engine is not None and self._load is not None,
                "goes_when_free": self._goes_when_free,
                "in_use": self._uses.words(),
                "idle_seconds": round(idle, 1) if engine and idle is not None else None,
            }

    def subscribe(self, listener: Callable[[Model[E]], None]) -> Callable[[], None]:
        """Call ``listener`` at every change, from the changing thread; returns the way out. Uses are
        no changes: they come and go with every phrase."""
        with self._changed:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._changed:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    # ----- called by the load and at the end of a use

    def _on_step(self, load: Load[E]) -> None:
        with self._changed:
            if self._load is load:
                self._tell()

    def _on_loaded(self, load: Load[E]) -> None:
        with self._changed:
            leaving = self._settle(load) if self._load is load else load.engine
        if load.engine is not None and leaving is not load.engine:
            engine = load.engine
            log.info("%s: %s ready on %s in %.1f s", self.kind, engine.name, engine.device, load.seconds)
            if engine.notice:
                log.warning("%s: %s", self.kind, engine.notice)
        free(leaving)

    def _end(self, use: Use) -> None:
        with self._changed:
            self._uses.end(use)
            leaving = [engine for engine in self._replaced if not self._uses.of(engine)]
            self._replaced = [engine for engine in self._replaced if engine not in leaving]
            if self._goes_when_free and self._is_free() and (engine := self._taken()) is not None:
                leaving.append(engine)
            self._changed.notify_all()
        if leaving:
            # The last to use it does not wait until it is gone.
            threading.Thread(target=free, args=leaving, name=f"unload-{self.kind}").start()

    # ----- inside, with the lock held

    def _begin_if_needed(self, after: float = 0.0) -> None:
        if self._state not in (State.LOADING, State.READY):
            self._begin(self._choose, nothing, after)

    def _begin(self, choose: Choose[E], then: Callable[[], object], after: float = 0.0) -> None:
        self._give_up_load()
        self._error = ""
        self._load = Load(self.kind, choose, then, self._on_step, self._on_loaded)
        self._set_state(State.LOADING if self._engine is None else State.READY)
        self._load.start(after)

    def _settle(self, load: Load[E]) -> E | None:
        """Take what was loaded, if it was; returns the engine that is to be freed."""
        self._load = None
        self._error = load.error
        before = self._engine
        if load.engine is None:
            self._set_state(State.FAILED if before is None else State.READY)
            return None
        self._engine = load.engine
        self._load_seconds = load.seconds
        self._uses.touch()
        self._set_state(State.READY)
        if before is not None and self._uses.of(before):
            self._replaced.append(before)
            return None
        return before

    def _give_up_load(self) -> None:
        load, self._load = self._load, None
        if load is not None:
            load.cancel()

    def _taken(self) -> E | None:
        """The engine, which counts as unloaded from now on."""
        engine, self._engine = self._engine, None
        self._give_up_load()
        self._goes_when_free = False
        self._error = ""
        self._set_state(State.UNLOADED)
        return engine

    def _stay(self) -> None:
        if self._goes_when_free:
            self._goes_when_free = False
            self._tell()

    def _is_free(self) -> bool:
        return self._engine is None or not self._uses.need(self._engine)

    def _ready_engine(self) -> E:
        if self._engine is not None:
            return self._engine
        if self._state is State.LOADING:
            raise ModelNotReady(f"{NAMES[self.kind]} is still loading. Try again in a moment.")
        raise ModelNotReady(self._error or f"{NAMES[self.kind]} is not loaded.")

    def _set_state(self, state: State) -> None:
        self._state = state
        self._changed.notify_all()
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener(self)
