"""Echo: VOX's own voice, come back through the microphone.

The browser's echo cancellation takes most of it away. Of the rest, what goes on for long is no echo:
VOX holds its sound meanwhile. What is short is told by its words, which are those VOX just said.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from app.conversation.words import spoken_words

#: Two words that are alike by this much may be the same, heard badly.
_ALIKE = 0.7
#: Share of the heard words that must be VOX's for all of it to be.
_MOST = 0.7


def is_echo(heard: str, said_lately: str) -> bool:
    """Whether the words ``heard`` are those that VOX ``said_lately``, in their order."""
    words, said = spoken_words(heard), spoken_words(said_lately)
    found, place = 0, 0
    for word in words:
        alike = [index for index in range(place, len(said)) if _are_alike(word, said[index])]
        if alike:
            found, place = found + 1, alike[0] + 1
    return bool(words) and found >= _MOST * len(words)


def _are_alike(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one, other).ratio() > _ALIKE
