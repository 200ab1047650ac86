"""Plain text inside Markdown: it reads as it is, and no piece of it becomes markup, a link or HTML.

What can be markup is known from CommonMark 0.31 and GitHub's extensions to it. A backslash takes away the
meaning of punctuation; spaces that a renderer would swallow or take for a code block are written as
entities, and line breaks as breaks.
"""

from __future__ import annotations

import re

from app.archive.cleaning import storable

#: Punctuation that means something wherever it stands.
_ANYWHERE = re.compile(r"([\\`*_\[\]<>&~|$])")
#: And what only means something at the beginning of a line: headings, lists, rules, underlines, fences.
_AT_BEGIN = re.compile(r"^([#+=:-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
#: An address is made a link by itself in some renderers, which shows where it leads: that is left so.
_SPACES = re.compile(r"^[ \t]+|  +")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def escaped(text: str) -> str:
    """``text`` as Markdown that shows it as it is, line by line; empty lines are between paragraphs."""
    lines = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", storable(_lines(text).strip("\n"))).split("\n")
    out: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        shown = _line(line.rstrip())
        # A backslash at the end of a line is a line break.
        out.append(shown + "\\" if shown and following.strip() else shown)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out))


def _lines(text: str) -> str:
    return re.sub("\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)


def _line(line: str) -> str:
    # Spaces last: their entities have an ampersand of their own.
    body = _ANYWHERE.sub(r"\\\1", line.lstrip(" \t"))
    body = _NUMBERED.sub(r"\1\\\2", _AT_BEGIN.sub(r"\\\1", body))
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    return _SPACES.sub(_as_entities, indent + body)


def _as_entities(spaces: re.Match[str]) -> str:
    return "&nbsp;" * len(spaces[0].expandtabs(4))
