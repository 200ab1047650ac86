"""Troubles: what cannot be kept now, as sentences for whoever talks meanwhile."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.archive.records import ArchiveUnavailable

NOT_KEPT = "What is said is not being kept now. {problem} You can go on talking: VOX tries again."
NO_MORE_WAITS = "What is said from now on is lost: more waits to be kept than VOX can hold. {problem}"
KEPT_AGAIN = "What is said is kept again, and so is what could not be kept before."
KEPT_AGAIN_IN_PART = "What is said is kept again. Not all of what was said before could be."
SOME_NOT_KEPT = "Something that was said is not kept. {problem} What is said from now on is."
SPEECH_NOT_KEPT = "The sound of what is said cannot be kept now: {problem} The words are kept."
SPEECH_KEPT_AGAIN = "The sound of what is said is kept again."


@dataclass(frozen=True)
class Notice:
    """A sentence for the person; ``code`` is what it is about."""

    level: Literal["info", "warning"]
    code: str
    message: str


class Troubles:
    """Safe to use from any thread. ``tell`` is called with each notice, and may not block."""

    def __init__(self, tell: Callable[[Notice], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._database: ArchiveUnavailable | None = None
        self._is_losing = False
        self._speech: OSError | None = None

    def now(self) -> list[Notice]:
        """What there is to tell somebody who has just come."""
        notices = []
        if self._database is not None:
            sentence = NO_MORE_WAITS if self._is_losing else NOT_KEPT
            notices.append(_warning("not_kept", sentence.format(problem=self._database)))
        if self._speech is not None:
            notices.append(_warning("speech_not_kept", SPEECH_NOT_KEPT.format(problem=_why(self._speech))))
        return notices

    def database(self, problem: ArchiveUnavailable | None) -> None:
        """Nothing can be written into the database, or (None) all can again."""
        with self._lock:
            lost, self._is_losing = self._is_losing, False
            self._database = problem
        if problem is not None:
            self._tell(_warning("not_kept", NOT_KEPT.format(problem=problem)))
        else:
            self._tell(Notice("info", "kept_again", KEPT_AGAIN_IN_PART if lost else KEPT_AGAIN))

    def lost(self, problem: str) -> None:
        """One thing was said that will never be kept; ``problem`` is why, a sentence."""
        with self._lock:
            trouble, was_losing = self._database, self._is_losing
            self._is_losing = trouble is not None
        if trouble is None:
            self._tell(_warning("some_not_kept", SOME_NOT_KEPT.format(problem=problem)))
        elif not was_losing:
            self._tell(_warning("not_kept", NO_MORE_WAITS.format(problem=trouble)))

    def speech(self, problem: OSError | None) -> None:
        """Files of sound cannot be written, or (None) can again."""
        self._speech = problem
        if problem is not None:
            self._tell(_warning("speech_not_kept", SPEECH_NOT_KEPT.format(problem=_why(problem))))
        else:
            self._tell(Notice("info", "speech_kept_again", SPEECH_KEPT_AGAIN))


def _warning(code: str, message: str) -> Notice:
    return Notice("warning", code, message)


def _why(problem: OSError) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. Free some space, or have less kept in Settings."
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "VOX may not write to its folder. Give this account the right to."
    return f"{problem.strerror or problem}. See that the disk and VOX's folder are there and well."
