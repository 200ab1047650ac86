"""What of a reply has been spoken, and what of that was heard."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class SpokenPhrase:
    """``transcript[start:end]`` (code points) sounds from ``begins_ms`` to ``ends_ms``."""

    start: int
    end: int
    begins_ms: float
    ends_ms: float


class SpokenText:
    """The phrases of one reply in the order they sound. Times are offsets in the reply's audio."""

    def __init__(self) -> None:
        self._phrases: list[SpokenPhrase] = []

    @property
    def audio_ms(self) -> float:
        """Length of the reply's audio so far."""
        return self._phrases[-1].ends_ms if self._phrases else 0.0

    def add(self, start: int, end: int, duration_ms: float) -> None:
        """``transcript[start:end]`` now sounds after everything before it."""
        begins = self.audio_ms
        self._phrases.append(SpokenPhrase(start, end, begins, begins + duration_ms))

    def spoken_until(self) -> int:
        """Where in the transcript the speech ends so far."""
        return self._phrases[-1].end if self._phrases else 0

    def heard(self, transcript: str, audio_end_ms: float) -> str:
        """The words of ``transcript`` heard by ``audio_end_ms``.

        Within a phrase the words are taken to pass evenly, and only whole ones count.
        """
        index = bisect_right([phrase.begins_ms for phrase in self._phrases], audio_end_ms) - 1
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
