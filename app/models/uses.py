"""Who uses a model now, since when nobody has, and how to ask them to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False)
class Use:
    """Somebody who needs the model: ``what`` for ("an answer"), "" for a part of another use; how to
    ``end`` that, None where it cannot be; and the ``engine`` they were given, None while they only
    want it to stay."""

    what: str
    end: Callable[[], None] | None
    engine: object | None = None


class Uses:
    """The uses of one model. Its owner's lock guards it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._now: list[Use] = []
        self._quiet_since = clock()

    def begin(self, use: Use) -> None:
        self._now.append(use)

    def end(self, use: Use) -> None:
        self._now.remove(use)
        self.touch()

    def touch(self) -> None:
        """Count as quiet from now on, unless somebody is there."""
        self._quiet_since = self._clock()

    def of(self, engine: object) -> bool:
        """Whether somebody works with ``engine``."""
        return any(use.engine is engine for use in self._now)

    def need(self, engine: object) -> bool:
        """Whether somebody works with ``engine``, or wants the model to stay."""
        return any(use.engine in (engine, None) for use in self._now)

    def everyone(self) -> list[Use]:
        """All of them, the first to come first."""
        return list(self._now)

    def words(self) -> list[str]:
        """What they use it for; one line each."""
        named = [use.what for use in self._now if use.what]
        return named or (["something else"] if self._now else [])

    def idle_seconds(self) -> float | None:
        """Seconds since the last one ended, None while there is one."""
        return None if self._now else max(0.0, self._clock() - self._quiet_since)
