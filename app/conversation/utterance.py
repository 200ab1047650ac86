"""Utterance: what somebody says, frame by frame, while it is being said."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.engines import Samples
from app.stt.activity import FRAME

#: Milliseconds of one frame.
FRAME_MS = FRAME / 16


def frames_in(milliseconds: float) -> int:
    """The number of whole frames that are not longer than that, at least one."""
    return max(1, int(milliseconds // FRAME_MS))


class Utterance:
    """Frames of 16 kHz sound from shortly before the first voice on."""

    def __init__(self, before: Iterable[Samples], number: int, voiced: int) -> None:
        """``before`` are the frames so far, the last ``voiced`` of them with a voice, and the very last
        the ``number``-th of the session's, counted from 1."""
        self._frames = list(before)
        self._number = number
        #: Frames with a voice in them, and those since the last of them.
        self.voiced = voiced
        self.silent = 0
        self._run = self._longest_run = voiced

    @property
    def begins_ms(self) -> float:
        """Where it begins in all that was listened to."""
        return (self._number - len(self._frames)) * FRAME_MS

    @property
    def voiced_until_ms(self) -> float:
        return (self._number - self.silent) * FRAME_MS

    @property
    def ends_ms(self) -> float:
        return self._number * FRAME_MS

    @property
    def silent_ms(self) -> float:
        """How long nothing has been said."""
        return self.silent * FRAME_MS

    @property
    def longest_voiced_ms(self) -> float:
        """The longest time for which there was a voice without a break."""
        return self._longest_run * FRAME_MS

    @property
    def seconds(self) -> float:
        return len(self._frames) * FRAME_MS / 1000

    def add(self, frame: Samples, is_voiced: bool) -> None:
        self._frames.append(frame)
        self._number += 1
        self.voiced += is_voiced
        self.silent = 0 if is_voiced else self.silent + 1
        self._run = self._run + 1 if is_voiced else 0
        self._longest_run = max(self._longest_run, self._run)

    def prepend(self, earlier: Samples) -> None:
        """``earlier`` was the beginning of it."""
        rest = earlier.size % FRAME
        whole = np.pad(earlier, (FRAME - rest if rest else 0, 0))
        self._frames = [*whole.reshape(-1, FRAME), *self._frames]

    def samples(self) -> Samples:
        """All of it so far, at 16 kHz."""
        return np.concatenate(self._frames)
