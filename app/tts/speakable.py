"""Speakable text: one phrase of a written reply, as a voice should read it aloud."""

from __future__ import annotations

import re
import unicodedata

import emoji

from app.tts.markdown import plain_words
from app.tts.symbols import said_symbols
from app.tts.tags import tag_named

# Joiners that some scripts are spelt with; all other invisible characters go.
_JOINERS = "\u200c\u200d"
_BRACKETS = re.compile(r"\[([^\[\]]*)\]|[\[\]]")
_TIDY = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\s+", " "),
        (r" (?=[,.;:!?)\]}])", ""),
        (r"(?<=[(\[{]) ", ""),
        (r"(?<=[,;:!?])(?:\s*,)+", ""),
        (r"([!?])\1+", r"\1"),
        (r"\.{4,}", "..."),
        (r"^(?!\.\d)[\s,;:.!?)\]}…-]+(?=\S)", ""),
        (r"[\s(\[{-]+$", ""),
    )
]


def speakable(text: str) -> str:
    """``text`` (one phrase) without Markdown, emoji and invisible characters, its symbols as
    words and its white space single. Paralinguistic tags stay: those that the voice cannot
    speak have been taken out before (app.tts.tags). "" where there is nothing to say."""
    if not any(map(str.isalnum, text)):
        return ""
    if not text.isascii():
        text = emoji.replace_emoji(text, " ")
    text = plain_words(_visible(text))
    text = said_symbols(_BRACKETS.sub(_unbracketed, text))
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return text if any(map(str.isalnum, text)) else ""


def _visible(text: str) -> str:
    return "".join(char for char in text if char.isspace() or _is_visible(char))


def _is_visible(char: str) -> bool:
    if char in _JOINERS:
        return True
    is_variation_selector = "\ufe00" <= char <= "\ufe0f"
    return not is_variation_selector and not unicodedata.category(char).startswith("C")


def _unbracketed(match: re.Match[str]) -> str:
    """Tags keep their brackets; other words lose them, for some voices stumble over them."""
    inside: str = match[1] or ""
    tag = tag_named(inside)
    return f"[{tag}]" if tag else inside
