"""Blocks: the lines of a streamed Markdown text, sorted into prose, list items, headings, table
rows and fenced code, one character at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Protocol


class Line(Enum):
    """What a line is, as its beginning tells."""

    PROSE = "prose"
    ITEM = "item"
    HEADING = "heading"
    TABLE = "table"
    FENCE = "fence"


class Prose(Protocol):
    """Who is told of the text to be spoken. ``at`` counts its code points."""

    def take(self, char: str, at: int) -> None:
        """One character to be spoken, markers included."""

    def end_block(self) -> None:
        """A paragraph, item, heading or row is over."""


_FENCE = re.compile(r"(?:`{3,}[^`\n]*|~{3,}[^\n]*)\n")
_MAYBE_FENCE = re.compile(r"`{1,2}|~{1,2}|`{3,}[^`\n]*|~{3,}[^\n]*")
_ITEM = re.compile(r"(?:[-*+•◦‣]|\d{1,9}[.)]|[A-Za-z]\))\s")
_HEADING = re.compile(r"#{1,6}\s")
_MAYBE_OTHER = re.compile(r"[-*+•◦‣]|\d{1,9}[.)]?|[A-Za-z]\)?|#{1,6}")
#: After so many characters a line that began like a fence is one, whatever follows.
_MAX_FENCE = 200


def line_kind(beginning: str) -> Line | None:
    """What the line is that begins so (without indentation); None while that is open."""
    if _FENCE.fullmatch(beginning) or (len(beginning) > _MAX_FENCE and _MAYBE_FENCE.fullmatch(beginning)):
        return Line.FENCE
    if _MAYBE_FENCE.fullmatch(beginning) or _MAYBE_OTHER.fullmatch(beginning):
        return None
    if beginning.startswith("|"):
        return Line.TABLE
    if _HEADING.match(beginning):
        return Line.HEADING
    return Line.ITEM if _ITEM.match(beginning) else Line.PROSE


class BlockReader:
    """Reads a text and tells ``prose`` of its blocks. ``take_code`` is told where each block of
    code begins: where its opening line starts and ends."""

    def __init__(self, prose: Prose, take_code: Callable[[int, int], None]) -> None:
        self._prose = prose
        self._tell_code = take_code
        self._block = Line.PROSE
        self._beginning = ""  # of the line, while its kind is open
        self._is_line_open = True
        self._is_indented = False
        self._fence = ""  # what opened the block of code that is being read
        self._code_line = ""

    def take(self, char: str, at: int) -> None:
        """The next character of the text, and where it stands."""
        if self._fence:
            self._take_code(char)
        elif not self._is_line_open:
            self._take_prose(char, at)
        elif char.isspace() and not self._beginning:
            self._take_indentation(char, at)
        else:
            self._beginning += char
            kind = line_kind(self._beginning)
            if kind is not None:
                self._begin_line(kind, at + 1)

    def finish(self, at: int) -> None:
        """The text is over; ``at`` is its length."""
        if self._beginning:
            is_fence = self._beginning.startswith(("```", "~~~"))
            self._begin_line(Line.FENCE if is_fence else Line.PROSE, at)
        self._prose.end_block()

    def _take_indentation(self, char: str, at: int) -> None:
        if char == "\n":  # a blank line
            self._end_block()
        self._is_indented = char != "\n"
        self._prose.take(char, at)

    def _begin_line(self, kind: Line, end: int) -> None:
        """The kind of the line is known; what was read of it ends before ``end``."""
        beginning, self._beginning = self._beginning, ""
        start = end - len(beginning)
        continues = self._block is Line.PROSE or (self._block is Line.ITEM and self._is_indented)
        if kind is not Line.PROSE or not continues:
            self._end_block()
            self._block = kind
        if kind is Line.FENCE:
            self._fence = beginning[: len(beginning) - len(beginning.lstrip(beginning[0]))]
            self._tell_code(start, start + len(beginning.rstrip()))
            return
        self._is_line_open = False
        for offset, char in enumerate(beginning):
            self._take_prose(char, start + offset)

    def _take_prose(self, char: str, at: int) -> None:
        self._prose.take(char, at)
        if char == "\n":
            self._is_line_open = True
            self._is_indented = False
            if self._block in (Line.HEADING, Line.TABLE):
                self._end_block()

    def _take_code(self, char: str) -> None:
        if char != "\n":
            if len(self._code_line) < _MAX_FENCE:
                self._code_line += char
            return
        line, self._code_line = self._code_line.strip(), ""
        if len(line) >= len(self._fence) and not line.strip(self._fence[0]):
            self._fence = ""
            self._is_line_open = True
            self._is_indented = False
            self._end_block()

    def _end_block(self) -> None:
        self._prose.end_block()
        self._block = Line.PROSE
