"""What of a reply has been spoken, and what of that was heard."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from dataclasses import dataclass

from app.conversation.playback import Clock

#: What was said lately: from so long before what is being played until so long after it.
LATELY_MS = (-4000, 500)


@dataclass(frozen=True)
class SpokenPhrase:
    """``transcript[start:end]`` (code points) sounds from ``begins_ms`` to ``ends_ms``."""

    start: int
    end: int
    begins_ms: float
    ends_ms: float


class SpokenText:
    """The phrases of one reply in the order they sound. Times are offsets in the reply's audio.

    What the client plays of them is an estimate by ``clock``: what was sent is played in one go, unless
    it holds its playback. Safe to read from any thread.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._phrases: list[SpokenPhrase] = []
        self._sounds_until = float("-inf")
        #: Where the playback ended before its time.
        self._silent_from_ms: float | None = None

    @property
    def audio_ms(self) -> float:
        """Length of the reply's audio so far."""
        return self._phrases[-1].ends_ms if self._phrases else 0.0

    @property
    def is_sounding(self) -> bool:
        """Whether the client plays something of it."""
        return self._silent_from_ms is None and self._clock() < self._sounds_until

    @property
    def played_ms(self) -> float:
        """How much of the audio the client has played."""
        with self._lock:
            if self._silent_from_ms is not None:
                return self._silent_from_ms
            left_ms = max(0.0, self._sounds_until - self._clock()) * 1000
            return max(0.0, self.audio_ms - left_ms)

    def add(self, start: int, end: int, duration_ms: float) -> None:
        """``transcript[start:end]`` now sounds after everything before it."""
        with self._lock:
            begins = self.audio_ms
            self._phrases.append(SpokenPhrase(start, end, begins, begins + duration_ms))
            self._sounds_until = max(self._sounds_until, self._clock()) + duration_ms / 1000

    def held(self, seconds: float) -> None:
        """The client has held its playback for so long."""
        with self._lock:
            self._sounds_until += seconds

    def silence(self, played_ms: float | None = None) -> None:
        """The client plays no more of it, and has played ``played_ms`` if it said so."""
        if played_ms is None:
            if not self.is_sounding:
                return
            played_ms = self.played_ms
        with self._lock:
            self._silent_from_ms = played_ms

    def spoken_until(self) -> int:
        """Where in the transcript the speech ends so far."""
        return self._phrases[-1].end if self._phrases else 0

    def begun(self) -> SpokenPhrase | None:
        """The phrase that began to sound last."""
        index = self._index_at(self.played_ms)
        return self._phrases[index] if index >= 0 else None

    def heard(self, transcript: str, audio_end_ms: float) -> str:
        """The words of ``transcript`` heard by ``audio_end_ms``.

        Within a phrase the words are taken to pass evenly, and only whole ones count.
        """
        index = self._index_at(audio_end_ms)
        if index < 0:
            return ""
        phrase = self._phrases[index]
        if audio_end_ms >= phrase.ends_ms:
            return transcript[: phrase.end]
        share = (audio_end_ms - phrase.begins_ms) / (phrase.ends_ms - phrase.begins_ms)
        cut = phrase.start + round(share * (phrase.end - phrase.start))
        whole_words = transcript[phrase.start : cut]
        if cut < phrase.end and not transcript[cut : cut + 1].isspace():
            whole_words = whole_words.rpartition(" ")[0]
        return (transcript[: phrase.start] + whole_words).rstrip()

    def said_lately(self, transcript: str) -> str:
        """The words that the client played last, and those it plays now."""
        played_ms = self.played_ms
        before, until = (self.heard(transcript, played_ms + margin) for margin in LATELY_MS)
        return until[len(before) :]

    def _index_at(self, audio_ms: float) -> int:
        """The phrase that sounds there, -1 before the first."""
        return bisect_right([phrase.begins_ms for phrase in self._phrases], audio_ms) - 1
