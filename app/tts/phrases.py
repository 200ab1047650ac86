"""Phrases: a reply's text, cut as it streams into what is spoken in one breath.

The text runs one way, a character at a time: ``blocks`` finds lines to speak and code to leave
out, ``segments`` finds where sentences and clauses end, and here they become speakable phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.tts.blocks import BlockReader
from app.tts.segments import MAX_SEGMENT, Segment, Segmenter, cut_point, spoken_length
from app.tts.speakable import speakable

#: The longest phrase, in characters: what Chatterbox speaks well in one chunk.
MAX_PHRASE = 300
#: A phrase shorter than this is joined to the next one, for alone it may come out as gibberish.
MIN_PHRASE = 12
#: What is said, once in a reply, in place of its code.
CODE_MENTION = "I have put the code on the page."

#: A long text that comes whole is read in parts, so that its first phrases do not wait for its end.
_READ_AT_ONCE = 200

_TAG = re.compile(r"\[[^\[\]]*\]")


@dataclass(frozen=True)
class Phrase:
    """What is spoken, and which part of the transcript it speaks: ``start``..``end`` in Unicode
    code points of all that was fed."""

    text: str
    start: int
    end: int


def cut_phrases(
    pieces: Iterable[str], language: str = "en", code_mention: str = CODE_MENTION
) -> Iterator[Phrase]:
    """The phrases of a text that streams in ``pieces``, each as soon as it is whole."""
    cutter = PhraseCutter(language, code_mention)
    for piece in pieces:
        for start in range(0, len(piece), _READ_AT_ONCE):
            yield from cutter.feed(piece[start : start + _READ_AT_ONCE])
    yield from cutter.finish()


class PhraseCutter:
    """Cuts one reply. ``language`` is that of its abbreviations.

    The phrases depend on the text alone, not on how it was cut into pieces. They are in order and
    do not overlap; each has at most MAX_PHRASE characters and something to say.
    """

    def __init__(self, language: str = "en", code_mention: str = CODE_MENTION) -> None:
        self._code_mention = code_mention
        self._segmenter = Segmenter(self._take_segment, language)
        self._blocks = BlockReader(self._segmenter, self._take_code)
        self._length = 0
        self._short: Phrase | None = None  # waits for the next one
        self._ready: list[Phrase] = []

    def feed(self, piece: str) -> list[Phrase]:
        """The phrases that ``piece``, the next of the text, makes whole."""
        for char in piece:
            self._blocks.take(char, self._length)
            self._length += 1
        return self._take_ready()

    def finish(self) -> list[Phrase]:
        """The phrases that are left at the end of the text."""
        self._blocks.finish(self._length)
        if self._short is not None:
            self._ready.append(self._short)
            self._short = None
        return self._take_ready()

    def _take_ready(self) -> list[Phrase]:
        ready, self._ready = self._ready, []
        return ready

    def _take_code(self, start: int, end: int) -> None:
        """Mention code where it begins, not where it ends: meanwhile there would be silence."""
        mention, self._code_mention = self._code_mention, ""
        if mention:
            self._add(Phrase(mention, start, end))

    def _take_segment(self, segment: Segment) -> None:
        text = speakable(segment.text)
        if len(text) > MAX_SEGMENT:  # its symbols became words
            for part in segment.split(cut_point(segment.text, len(segment.text) // 2)):
                self._take_segment(part)
        elif text:
            self._add(Phrase(text, segment.start, segment.end))

    def _add(self, phrase: Phrase) -> None:
        if self._short is not None:
            joined = _joined(self._short, phrase)
            if len(joined.text) <= MAX_PHRASE:
                phrase = joined
            else:
                self._ready.append(self._short)
        is_short = spoken_length(_TAG.sub("", phrase.text)) < MIN_PHRASE
        self._short = phrase if is_short else None
        if not is_short:
            self._segmenter.is_early = False
            self._ready.append(phrase)


def _joined(first: Phrase, second: Phrase) -> Phrase:
    """Both as one. A heading or an item that ends without a mark is given a full stop."""
    stop = "." if first.text[-1].isalnum() else ""
    return Phrase(f"{first.text}{stop} {second.text}", first.start, second.end)
