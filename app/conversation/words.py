"""The words of a text, as they sound."""

from __future__ import annotations


def spoken_words(text: str) -> list[str]:
    """The words of ``text`` in lower case, without marks: what of it can be compared by ear."""
    return "".join(c.lower() if c.isalnum() or c.isspace() else " " for c in text.replace("'", "")).split()
