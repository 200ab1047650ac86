"""Text as every database takes it, and titles as people can read them."""

from __future__ import annotations

import re

#: Longest title, in characters.
MAX_TITLE = 120

#: Postgres refuses NUL, and neither database can write half of a surrogate pair in UTF-8.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")

#: Line breaks and other control characters, and what turns the direction of the text around it.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = re.compile("[\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def storable(text: str) -> str:
    """``text`` with a mark in place of each character that a database cannot hold."""
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def clean_title(title: str) -> str:
    """``title`` on one line, without control characters, at most MAX_TITLE long; "" if nothing is left."""
    words = _INVISIBLE.sub("", _CONTROLS.sub(" ", title)).split()
    line = " ".join(words)
    if len(line) <= MAX_TITLE:
        return line
    kept = line[: MAX_TITLE - 1]
    # At a word's end, unless that would leave little of it.
    at_word = kept.rfind(" ")
    return (kept[:at_word] if at_word > MAX_TITLE // 2 else kept).rstrip() + "…"
