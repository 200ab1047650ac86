"""Making the phrases of one reply ahead of their turn, and giving them out in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
        """A phrase of that duration is on its way to the listener."""

    def unheard(self) -> int:
        """Phrases sent that have not begun to sound."""
        ...

    def until_next(self) -> float | None:
        """Seconds until the next of them begins to sound, None where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Made:
    """What became of a phrase, the ``index``-th of its reply, counted from 0."""

    index: int
    phrase: Phrase
    #: Its sound at the engine's rate, empty where there is nothing to hear.
    samples: Samples
    #: What the engine raised, perhaps after some sound.
    problem: Exception | None


@dataclass(eq=False)
class _Making:
    """A phrase on its way through the engine."""

    index: int
    phrase: Phrase
    made: Made | None = None


class Ahead:
    """The phrases of one reply on their way through ``synthesizer``: up to AT_ONCE at the same time,
    and never more than ``ahead`` beyond the one that is being heard. Iterating, inside ``with``,
    gives each one in order as soon as it is over.

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
        """The next phrase that is over; None when there will be none."""
        # is_set may call back whoever waits for the stop, so it is never asked inside the lock.
        while not self._stop.is_set():
            with self._changed:
                if self._stop.was_set:
                    break
                if self._begun and (made := self._begun[0].made) is not None:
                    self._give_out(made)
                    return made
                if self._is_at_end and not self._begun:
                    if self._source_problem is not None:
                        raise self._source_problem
                    break
                self._changed.wait(self._stop.look_every)
        return None

    def _give_out(self, made: Made) -> None:
        self._begun.popleft()
        if self._playback is not None and made.samples.size:
            self._playback.sent(made.samples.size / self._synthesizer.sample_rate)
        self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # ----- in the workers

    def _work(self, number: int) -> None:
        while (making := self._begin(number)) is not None:
            made = self._make(making.index, making.phrase)
            with self._changed:
                making.made = made
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
        return len(self._begun) + unheard < self._ahead

    def _take(self) -> Phrase | None:
        try:
            return next(self._phrases, None)
        except Exception as problem:  # it is raised to whoever iterates
            self._source_problem = problem
            return None

    def _make(self, index: int, phrase: Phrase) -> Made:
        samples = np.zeros(0, np.float32)
        problem = None
        try:
            for piece in self._synthesizer.synthesize(
                phrase.text, self._voice, self._stop, self._tell(index)
            ):
                samples = np.concatenate([samples, piece])
        except Exception as raised:  # for whoever is given the phrase
            problem = raised
        return Made(index, phrase, samples, problem)


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
