"""What of a reply has been spoken, and what of that was heard."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from dataclasses import dataclass, replace

from app.conversation.playback import Clock

#: What was said lately: from so long before what is being played until so long after it.
LATELY_MS = (-4000, 500)
#: How long a character is taken to sound while the phrase around it is still being made.
CHARACTER_MS = 65


@dataclass(frozen=True)
class SpokenPhrase:
    """``transcript[start:end]`` (code points) sounds from ``begins_ms`` to ``ends_ms``."""

    start: int
    end: int
    begins_ms: float
    ends_ms: float
    #: Whether no more of its sound will come.
    is_whole: bool = True

    @property
    def whole_ms(self) -> float:
        """How long it sounds, or will about sound once it is whole."""
        made = self.ends_ms - self.begins_ms
        return made if self.is_whole else max(made, (self.end - self.start) * CHARACTER_MS)


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

    def add(self, start: int, end: int, duration_ms: float, *, is_whole: bool = True) -> None:
        """``transcript[start:end]`` now sounds after everything before it; unless it ``is_whole``, further
        pieces of its sound follow."""
        with self._lock:
            begins = self.audio_ms
            self._phrases.append(SpokenPhrase(start, end, begins, begins, is_whole))
        self.extend(duration_ms, is_whole=is_whole)

    def extend(self, duration_ms: float, *, is_whole: bool) -> None:
        """A further piece of the phrase that was added last; perhaps an empty one, to say that it was
        whole."""
        with self._lock:
            last = self._phrases[-1]
            self._phrases[-1] = replace(last, ends_ms=last.ends_ms + duration_ms, is_whole=is_whole)
            if duration_ms:
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

    def spoken_until(self, transcript: str) -> int:
        """Where in the transcript the speech ends so far."""
        return len(self.heard(transcript, self.audio_ms))

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
        if phrase.is_whole and audio_end_ms >= phrase.ends_ms:
            return transcript[: phrase.end]
        share = min(1.0, (audio_end_ms - phrase.begins_ms) / phrase.whole_ms)
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
