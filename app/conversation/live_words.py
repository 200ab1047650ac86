"""Live words: what an utterance seems to say while it goes on."""

from __future__ import annotations

from itertools import takewhile


class LiveWords:
    """Readings of one utterance, each of all of it so far. What two in a row agree on is taken to be
    stable (local agreement: https://arxiv.org/abs/2307.14743)."""

    def __init__(self) -> None:
        self._last: list[str] = []
        self._stable = 0

    def read(self, text: str) -> tuple[str, str]:
        """The stable words of the latest reading, and those after them that may still change."""
        words = text.split()
        pairs = zip(self._last, words, strict=False)
        agreed = sum(1 for _ in takewhile(lambda pair: _plain(pair[0]) == _plain(pair[1]), pairs))
        # What was stable once is not called in question by a reading that stumbles.
        self._stable = min(max(self._stable, agreed), len(words))
        self._last = words
        return " ".join(words[: self._stable]), " ".join(words[self._stable :])


def _plain(word: str) -> str:
    """A word without what changes as its sentence goes on."""
    return "".join(character for character in word.lower() if character.isalnum())
