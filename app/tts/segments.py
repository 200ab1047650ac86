"""Segments: prose cut into the smallest parts that may be spoken alone, one character at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from app.tts.sentences import (
    CLAUSE_MARKS,
    CONTEXT,
    ENDS,
    MAX_WORD,
    WIDE_CLAUSE_MARKS,
    WIDE_ENDS,
    ends_sentence,
)

#: A segment is cut before it is longer than this.
MAX_SEGMENT = 286
#: An address or a link may be longer, for little of it is spoken; what is longer still is not read.
MAX_LINK = 2000
#: A clause of so many characters and words is enough to begin to speak with.
BREATH_CHARACTERS = 25
BREATH_WORDS = 5

_WIDE_LETTER = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_CLAUSE = re.compile(r"[,;:،؛!?؟](?=\s)|[、，；：—―。！？]|\s[-–](?=\s)|\n")
_SPACE = re.compile(r"\s")
_WHOLE = re.compile(r"\[[^\[\]\n]{1,60}\]|`[^`\n]{1,200}`|\[[^\[\]\n]{0,40}\Z")
_LINK = re.compile(r"://|\]\(|^www\.")


@dataclass(frozen=True)
class Segment:
    """A part of the text as it was written, at ``start``..``end`` (code points)."""

    text: str
    start: int
    end: int

    def split(self, at: int) -> tuple[Segment, Segment]:
        """The two parts before and after the first ``at`` characters, without space around them."""
        head, tail = self.text[:at].rstrip(), self.text[at:].lstrip()
        first = Segment(head, self.start, self.start + len(head))
        return first, Segment(tail, self.end - len(tail), self.end)


def spoken_length(text: str) -> int:
    """The length of ``text`` in letters of an alphabet; an ideograph says about as much as three."""
    return len(text) + 2 * len(_WIDE_LETTER.findall(text))


def cut_point(text: str, limit: int) -> int:
    """Where to cut a text that is longer than ``limit``: after its last clause, else after its
    last space, else in the middle of a word; never inside brackets if that can be helped, and
    not in the first third."""
    least = max(1, limit // 3)
    inside = [match.span() for match in _WHOLE.finditer(text)]
    for boundary in (_CLAUSE, _SPACE):
        ends = (match.end() for match in boundary.finditer(text, 0, min(limit + 1, len(text))))
        allowed = [end for end in ends if least <= end <= limit and not _is_inside(end, inside)]
        if allowed:
            return allowed[-1]
    for start, end in inside:
        if least <= start < limit < end:
            return start
    return _character_boundary(text, limit)


def _is_inside(point: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < point < end for start, end in spans)


def _character_boundary(text: str, limit: int) -> int:
    """``limit``, or a little less where an accent or a joiner would be parted from its letter."""
    for point in range(limit, max(limit - 10, 0), -1):
        following = unicodedata.category(text[point]) if point < len(text) else "Zs"
        if following[0] not in "MC" and text[point - 1] != "\u200d":
            return point
    return limit


@dataclass
class _Mark:
    """A mark that may end a segment, being judged."""

    end: int  # after it and the quotes and brackets that close after it
    is_sentence: bool
    is_wide: bool
    is_spaced: bool = False
    word: str = ""  # the word that follows, where the whole of it is needed


class Segmenter:
    """Cuts prose after sentences; while ``is_early`` also after a clause long enough to begin
    with. Each cut is decided by the text up to the character that decides it, so that how the
    text was cut into pieces cannot change it."""

    def __init__(self, emit: Callable[[Segment], None], language: str) -> None:
        self.is_early = True
        self._emit = emit
        self._language = language
        self._chars: list[str] = []
        self._start = 0
        self._mark: _Mark | None = None
        self._limit = MAX_SEGMENT
        self._is_skipping = False

    def take(self, char: str, at: int) -> None:
        """One more character of prose, standing at ``at``."""
        if self._is_skipping and not char.isspace():
            return
        self._is_skipping = False
        end = self._cut_before(char)
        if end is not None:
            self._cut(end)
        if not self._chars:
            if char.isspace():
                return
            self._start = at
        self._chars.append(char)
        self._note(char)
        if len(self._chars) > self._limit:
            self._cut_overlong()

    def end_block(self) -> None:
        """What was taken is whole."""
        self._is_skipping = False
        self._cut(len(self._chars))

    def _cut_before(self, char: str) -> int | None:
        """Where ``char``, the next one, shows that a segment has ended."""
        mark = self._mark
        if mark is None:
            return None
        if mark.word and char.isalnum() and len(mark.word) < MAX_WORD:
            mark.word += char
            return None
        if not mark.word and not char.isalnum():
            return None
        if mark.is_spaced or mark.is_wide:
            verdict = self._judge(mark, char)
            if verdict is None:
                mark.word = char
                return None
        else:
            verdict = False
        self._mark = None
        return mark.end if verdict else None

    def _judge(self, mark: _Mark, char: str) -> bool | None:
        if not mark.is_sentence:
            return self.is_early and not char.isdigit() and self._is_breath(mark.end)
        if mark.is_wide:
            return True
        head = "".join(self._chars[max(0, mark.end - CONTEXT) : mark.end])
        verdict = ends_sentence(head, mark.word or char, bool(mark.word), self._language)
        if verdict is False and head[-1] in "!?":  # those who write everything in small letters
            return self._is_breath(mark.end)
        return verdict

    def _is_breath(self, end: int) -> bool:
        text = "".join(self._chars[:end])
        words = len(text.split()) + len(_WIDE_LETTER.findall(text)) // 2
        return words >= BREATH_WORDS and spoken_length(text) >= BREATH_CHARACTERS

    def _note(self, char: str) -> None:
        """Begin, extend or forget the mark that is being judged."""
        mark, end = self._mark, len(self._chars)
        if char in ENDS:
            is_wide = char in WIDE_ENDS or (mark is not None and mark.is_wide and mark.end == end - 1)
            self._mark = _Mark(end, True, is_wide)
        elif char in CLAUSE_MARKS:
            self._mark = _Mark(end, False, char in WIDE_CLAUSE_MARKS)
        elif char.isspace():
            if mark is not None:
                mark.is_spaced = True
            elif char == "\n":
                self._mark = _Mark(end, False, False, is_spaced=True)
        elif mark is None:
            if char in "-–" and end > 1 and self._chars[-2].isspace():
                self._mark = _Mark(end, False, False)
        elif not char.isalnum() and not mark.is_spaced:
            if mark.is_wide and unicodedata.category(char) == "Ps":
                mark.is_spaced = True  # it opens what follows
            else:
                mark.end = end

    def _cut(self, end: int) -> None:
        """Emit what stands before ``end``, and take the rest anew."""
        chars, start = self._chars, self._start
        self._chars, self._mark, self._limit = [], None, MAX_SEGMENT
        text = "".join(chars[:end]).rstrip()
        if text:
            self._emit(Segment(text, start, start + len(text)))
        for offset in range(end, len(chars)):
            self.take(chars[offset], start + offset)

    def _cut_overlong(self) -> None:
        text = "".join(self._chars)
        if self._limit == MAX_LINK:
            del self._chars[MAX_LINK:]
            self._cut(MAX_LINK)
            self._is_skipping = True
            return
        word_start = max(text.rfind(" "), text.rfind("\n")) + 1
        if word_start < MAX_SEGMENT // 3 and _LINK.search(text[word_start:]):
            self._limit = MAX_LINK
        else:
            self._cut(cut_point(text, MAX_SEGMENT))
