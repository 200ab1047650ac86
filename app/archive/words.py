"""The words of a text, as they are looked for: the same for both databases, and for the marks of hits.

Case, accents and the forms of the same letter do not matter ("Café" is "cafe", "Ⅷ" is "viii"). Scripts that
write no spaces (Chinese, Japanese, Thai, …) have a word for each character, so that any part of a sentence
is found; an emoji is a word too. Everything else between letters and digits separates words.

Foldings: Unicode's NFKD (UAX #15) and case folding (CaseFolding.txt), each character by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

#: Of one text; further ones are not found. Bounds what a text can cost, and Postgres's own limit.
MAX_WORDS = 10_000
#: Longest word in characters; of a longer one its beginning is found.
MAX_WORD = 40

#: Characters of a text that are looked at: MAX_WORDS of them fit in this many in any language.
_LOOKED_AT = 120_000

#: Accents that are not looked at: of Latin, Greek and Cyrillic, Hebrew's points, Arabic's vowels.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652\u0670]")

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


_ASCII_WORD = re.compile("[a-z0-9]+")


class _Folding(dict[int, str]):
    """What becomes of each character: its letters, with spaces where words end."""

    def __missing__(self, code: int) -> str:
        folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", chr(code))).casefold()
        return self.setdefault(code, "".join(_part(character) for character in folded))


def _part(character: str) -> str:
    if _UNSPACED.match(character) or unicodedata.category(character) == "So":
        return f" {character} "
    belongs = character.isalnum() or unicodedata.category(character).startswith("M")
    return character if belongs else " "


_FOLDING = _Folding()


def words_of(text: str) -> list[str]:
    """The words of ``text``, folded, in order: at most MAX_WORDS, none longer than MAX_WORD."""
    return [word[:MAX_WORD] for word in text[:_LOOKED_AT].translate(_FOLDING).split()[:MAX_WORDS]]


def places_of(text: str) -> Iterator[tuple[str, int, int]]:
    """The same words, each with where it begins and ends in ``text``."""
    text = text[:_LOOKED_AT]
    found = _places_in_ascii(text) if text.isascii() else _places(text)
    return ((word[:MAX_WORD], begin, end) for word, begin, end in islice(found, MAX_WORDS))


def _places_in_ascii(text: str) -> Iterator[tuple[str, int, int]]:
    # As below, ten times faster.
    return ((match[0], *match.span()) for match in _ASCII_WORD.finditer(text.lower()))


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    word, begin, end = "", 0, 0
    for place, character in enumerate(text + " "):
        for part in _FOLDING[ord(character)]:
            if part != " ":
                begin = begin if word else place
                word, end = word + part, place + 1
            elif word:
                yield word, begin, end
                word = ""
