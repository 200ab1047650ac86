"""Quiet: the times in which nobody is being answered, for work that must not disturb."""

from __future__ import annotations

import threading

from app.conversation.stop import StopFlag


class Quiet:
    """Knows the turns under way in all sessions. Safe to use from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns = 0
        self._interruption = StopFlag()

    def turn(self, over: StopFlag) -> None:
        """A turn begins, which is over once that flag is set. Whatever used the quiet is stopped."""
        with self._changed:
            self._turns += 1
            interruption, self._interruption = self._interruption, StopFlag()
        interruption.set()
        over.on_set(self._turn_over)

    def wait(self) -> StopFlag:
        """Wait for quiet; returns a flag that is set once it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._turns == 0)
            return self._interruption

    def _turn_over(self) -> None:
        with self._changed:
            self._turns -= 1
            self._changed.notify_all()
