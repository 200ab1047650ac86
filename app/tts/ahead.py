"""Making the phrases of one reply ahead of their turn, and giving them out in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from app import threads
from app.conversation.stop import StopFlag
from app.engines import Samples, Stop, Synthesizer, Tell, tell_nobody
from app.tts.phrases import Phrase
from app.tts.queueing import LOOK_EVERY

#: Phrases of one reply in the engine at the same time.
AT_ONCE = 2

#: Phrases of one reply that may be made, or being made, and that nobody has begun to hear.
AHEAD = 2

#: Seconds that leaving waits for a source of phrases that was just asked for the next one.
_GRACE = 0.05


class Playback(Protocol):
    """How far along the listener is. Not safe for threads: ``Ahead`` guards it."""

    def sent(self, seconds: float) -> None:
        """A phrase, or the first piece of one, of that duration is on its way to the listener."""

    def extended(self, seconds: float) -> None:
        """So is a further piece of the phrase that was sent last."""

    def unheard(self) -> int:
        """Phrases sent that have not begun to sound."""
        ...

    def until_next(self) -> float | None:
        """Seconds until the next of them begins to sound, None where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Made:
    """A piece of what became of a phrase, the ``index``-th of its reply, counted from 0."""

    index: int
    phrase: Phrase
    #: Its sound at the engine's rate, empty where there is nothing more to hear.
    samples: Samples
    #: Whether the phrase is over with it.
    is_last: bool
    #: What the engine raised, perhaps after some sound; only with the last.
    problem: Exception | None


@dataclass(eq=False)
class _Making:
    """A phrase on its way through the engine."""

    index: int
    phrase: Phrase
    #: What was made and not given out yet.
    pieces: list[Samples] = field(default_factory=list)
    is_over: bool = False
    problem: Exception | None = None
    #: Whether some of its sound was given out, and all of it.
    is_sounding: bool = False
    is_given_out: bool = False

    def take(self) -> Made | None:
        """All that can be given out now."""
        if not self.pieces and not self.is_over:
            return None
        samples = np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.float32)
        self.pieces = []
        return Made(self.index, self.phrase, samples, self.is_over, self.problem)


class Ahead:
    """The phrases of one reply on their way through ``synthesizer``: up to AT_ONCE at the same time,
    and never more than ``ahead`` beyond the one that is being heard. Iterating, inside ``with``,
    gives them in order, each a piece at a time as they come from the engine.

    ``phrases`` may block: what came before is given out meanwhile. What it raises is raised in its
    place. Once ``stop`` is set nothing more is given out. Leaving the block sets the stop that the
    engine was given and waits for the engine to be left; not for a source that blocks.

    Without a ``playback`` a phrase is heard as soon as it is given out. ``tell`` makes for each
    phrase's index the one who is told of its progress.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase],
        synthesizer: Synthesizer,
        voice: str | None,
        stop: Stop,
        playback: Playback | None = None,
        tell: Callable[[int], Tell] = lambda index: tell_nobody,  # noqa: ARG005
        ahead: int = AHEAD,
    ) -> None:
        self._phrases = iter(phrases)
        self._synthesizer = synthesizer
        self._voice = voice
        self._playback = playback
        self._tell = tell
        self._ahead = ahead
        self._changed = threading.Condition()
        self._begun: deque[_Making] = deque()  # and not given out yet
        self._count = 0
        #: Which worker waits for the next phrase.
        self._taker: int | None = None
        self._is_at_end = False
        self._source_problem: Exception | None = None
        self._stop = _ReplyStop(stop)
        self._stop.on_set(self._wake)
        self._workers: list[threads.Work] = []

    def __enter__(self) -> Ahead:
        for number in range(AT_ONCE):
            self._workers.append(threads.begin(partial(self._work, number), f"tts-phrase-{number}"))
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._stop.forget_cause()
        with self._changed:
            self._changed.wait_for(lambda: self._taker is None, _GRACE)
            blocked = self._taker
        for number, worker in enumerate(self._workers):
            if number != blocked:
                worker.wait()

    def __iter__(self) -> Iterator[Made]:
        while (made := self._next()) is not None:
            yield made

    def _next(self) -> Made | None:
        """The next piece of the next phrase; None when there will be none."""
        # is_set may call back whoever waits for the stop, so it is never asked inside the lock.
        while not self._stop.is_set():
            with self._changed:
                if self._stop.was_set:
                    break
                if self._begun and self._begun[0].is_given_out:
                    # Not before the taker comes for more: it may leave because of a problem.
                    self._begun.popleft()
                    self._changed.notify_all()
                if self._begun and (made := self._begun[0].take()) is not None:
                    self._give_out(self._begun[0], made)
                    return made
                if self._is_at_end and not self._begun:
                    if self._source_problem is not None:
                        raise self._source_problem
                    break
                self._changed.wait(self._stop.look_every)
        return None

    def _give_out(self, making: _Making, made: Made) -> None:
        making.is_given_out = made.is_last
        if made.samples.size:
            if self._playback is not None:
                heard = self._playback.extended if making.is_sounding else self._playback.sent
                heard(made.samples.size / self._synthesizer.sample_rate)
            making.is_sounding = True
        self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # ----- in the workers

    def _work(self, number: int) -> None:
        while (making := self._begin(number)) is not None:
            problem = self._make(making)
            with self._changed:
                making.is_over, making.problem = True, problem
                self._changed.notify_all()

    def _begin(self, number: int) -> _Making | None:
        """The next phrase, once there is room for it; None when there will be none."""
        if not self._may_take(number):
            return None
        # Before there is room: the end of the reply should be known as soon as it has come.
        phrase = self._take()
        with self._changed:
            self._is_at_end = phrase is None
            while phrase is not None and not self._stop.was_set and not self._has_room():
                self._changed.wait(self._playback.until_next() if self._playback else None)
            self._taker = None
            self._changed.notify_all()
            if phrase is None or self._stop.was_set:
                return None
            making = _Making(self._count, phrase)
            self._count += 1
            self._begun.append(making)
            return making

    def _may_take(self, number: int) -> bool:
        """Wait until it is this worker's to take the next phrase; False when there will be none."""
        if self._stop.is_set():
            return False
        with self._changed:
            self._changed.wait_for(lambda: self._taker is None or self._stop.was_set)
            if self._is_at_end or self._stop.was_set:
                return False
            self._taker = number
            return True

    def _has_room(self) -> bool:
        unheard = self._playback.unheard() if self._playback else 0
        silent = sum(not making.is_sounding for making in self._begun)
        return silent + unheard < self._ahead

    def _take(self) -> Phrase | None:
        try:
            return next(self._phrases, None)
        except Exception as problem:  # it is raised to whoever iterates
            self._source_problem = problem
            return None

    def _make(self, making: _Making) -> Exception | None:
        """Have the phrase made; what the engine raised is for whoever is given it."""
        tell = self._tell(making.index)
        try:
            for piece in self._synthesizer.synthesize(making.phrase.text, self._voice, self._stop, tell):
                with self._changed:
                    making.pieces.append(piece)
                    self._changed.notify_all()
        except Exception as problem:
            return problem
        return None


class _ReplyStop(StopFlag):
    """The stop that the engine is given for all phrases of one reply: set by hand or by ``cause``."""

    def __init__(self, cause: Stop) -> None:
        super().__init__()
        self._cause = cause
        on_set: Callable[[Callable[[], None]], Callable[[], None]] | None = getattr(cause, "on_set", None)
        #: Seconds between two looks at a cause that cannot tell when it is set, else None.
        self.look_every = None if on_set else LOOK_EVERY
        self.forget_cause = on_set(self.set) if on_set else lambda: None

    @property
    def was_set(self) -> bool:
        """Whether it is set, as far as is known without looking at the cause."""
        return super().is_set()

    def is_set(self) -> bool:
        if not self.was_set and self._cause.is_set():
            self.set()
        return self.was_set
