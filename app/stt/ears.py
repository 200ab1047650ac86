"""The ears: one thread that looks for voices in the sound of all open microphones, side by side.

Whoever receives sound only leaves it here. That is not for the network's sake alone: threads
that each call it for 32 ms of sound spend more time on handing Python's lock around than on hearing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import numpy as np

from app.engines import Samples
from app.stt.activity import FRAME, VoiceActivity, side_by_side
from app.stt.pcm_stream import BYTES_PER_SAMPLE, PcmStream

log = logging.getLogger(__name__)

#: Seconds between two beginnings of listening: with many microphones it is the number of times that
#: costs, and a lone one sends less often than that.
_PACE = 0.005

#: Seconds of one microphone that are listened to at a time: who sends minutes at once keeps nobody else
#: waiting.
_PORTION = 1.0

#: Seconds that somebody waits at most until sound is heard that has come.
_PATIENCE = 10.0

#: Takes whole frames (n x FRAME samples, 16 kHz) and how probably each is somebody's voice.
Heard = Callable[[Samples, Sequence[float]], None]


class Ears:
    """``open`` an ear for each microphone."""

    def __init__(self) -> None:
        self._sounds: deque[_Sound] = deque()
        self._came = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def open(self, rate: int, lock: AbstractContextManager[object], heard: Heard) -> Ear:
        """An ear for 16-bit mono PCM at ``rate`` Hz. ``heard`` is called with ``lock`` held, in the order
        of the sound. Raises ValueError for a rate that cannot be used."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="ears", daemon=True)
                self._thread.start()
        return Ear(self, rate, lock, heard)

    def take(self, sound: _Sound) -> None:
        """Leave ``sound`` here. Returns at once, and waits for nobody's lock."""
        self._sounds.append(sound)
        if not self._came.is_set():
            self._came.set()

    def _listen(self) -> None:
        while True:
            self._came.wait()
            begun = time.monotonic()
            self._came.clear()
            sounds, rest = _portions([self._sounds.popleft() for _ in range(len(self._sounds))])
            if rest:
                self._sounds.extendleft(reversed(rest))
                self._came.set()
            try:
                _hear(sounds)
            except Exception:
                log.exception("%d pieces of sound could not be listened to", len(sounds))
            for sound in sounds:
                if sound.was_heard is not None:
                    sound.was_heard.set()
            if not rest:
                time.sleep(max(0.0, begun + _PACE - time.monotonic()))


class Ear:
    """The ear of one microphone."""

    def __init__(self, ears: Ears, rate: int, lock: AbstractContextManager[object], heard: Heard) -> None:
        self._ears = ears
        self._lock = lock
        self._heard = heard
        #: Bytes of a portion.
        self.portion = round(rate * _PORTION) * BYTES_PER_SAMPLE
        self._stream = PcmStream(rate)
        #: Counts the resets, and is that up to which the ears have come.
        self._life = self._heard_life = 0
        self.activity = VoiceActivity()
        self._rest = np.empty(0, np.float32)

    # ----- for the thread that the sound comes from

    def feed(self, pcm: bytes) -> None:
        """The next sound, in pieces of any size; it is heard a moment later."""
        for start in range(0, len(pcm), self.portion):
            self._ears.take(_Sound(self, self._life, pcm[start : start + self.portion]))

    def settle(self) -> None:
        """Wait until all that came has been heard. The lock must not be held."""
        was_heard = threading.Event()
        self._ears.take(_Sound(self, self._life, b"", was_heard))
        was_heard.wait(_PATIENCE)

    # ----- for whoever holds the lock

    def reset(self) -> None:
        """What comes next has nothing to do with what came before, and of that nothing more is heard."""
        self._life += 1

    # ----- for the thread of the ears

    def frames(self, life: int, pcm: bytes) -> Samples:
        """The whole frames that there are with the next ``pcm``, which came in that life."""
        samples = self._stream.feed(pcm)
        if life != self._heard_life:
            self._heard_life = life
            self.activity.reset()
            self._rest = self._rest[:0]
        if self._rest.size:
            samples = np.concatenate([self._rest, samples])
        whole = samples.size - samples.size % FRAME
        self._rest = samples[whole:]
        return samples[:whole]

    def tell(self, life: int, frames: Samples, probabilities: Sequence[float]) -> None:
        """``frames`` were found in what came in that life."""
        if not frames.size:
            return
        with self._lock:
            if life == self._life:
                self._heard(frames, probabilities)


@dataclass(frozen=True, eq=False)
class _Sound:
    """A piece of sound, which came in one life of its ear."""

    ear: Ear
    life: int
    pcm: bytes
    #: Set once it has been heard, where somebody waits for that.
    was_heard: threading.Event | None = None


def _portions(sounds: Sequence[_Sound]) -> tuple[list[_Sound], list[_Sound]]:
    """Those of ``sounds`` that are listened to now, of each ear about a portion, and the rest."""
    now: list[_Sound] = []
    rest: list[_Sound] = []
    taken: dict[Ear, int] = {}
    for sound in sounds:
        before = taken.get(sound.ear, 0)
        (now if before < sound.ear.portion else rest).append(sound)
        taken[sound.ear] = before + len(sound.pcm)
    return now, rest


def _hear(sounds: Sequence[_Sound]) -> None:
    """Listen to ``sounds``, those of each ear one after the other."""
    news = _by_ear(sounds)
    frames = [ear.frames(life, pcm) for ear, (life, pcm) in news.items()]
    found = side_by_side([ear.activity for ear in news], frames)
    for (ear, (life, _)), own, probabilities in zip(news.items(), frames, found, strict=True):
        try:
            ear.tell(life, own, probabilities)
        except Exception:
            log.exception("what was heard could not be followed")


def _by_ear(sounds: Sequence[_Sound]) -> dict[Ear, tuple[int, bytes]]:
    """What came for each ear, in its latest life; nobody asks for the earlier ones any more."""
    pieces: dict[Ear, tuple[int, list[bytes]]] = {}
    for sound in sounds:
        life, own = pieces.get(sound.ear, (sound.life, []))
        if life != sound.life:
            own = []
        own.append(sound.pcm)
        pieces[sound.ear] = (sound.life, own)
    return {ear: (life, b"".join(own)) for ear, (life, own) in pieces.items()}


@cache
def ears() -> Ears:
    """Those of this process."""
    return Ears()
