"""Markdown to plain words: what a listener should hear of one phrase's markup and links."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

_INLINE = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")

_LINE_MARKER = re.compile(r"\A\s*(?:#{1,6}|>+|[-*+•◦‣])\s+(?:\[[ xX]\]\s+)?")
_QUOTE_MARK = re.compile(r"\n\s*>+\s?")
_TABLE_RULE = re.compile(r"[\s|:-]+")
_URL = re.compile(
    r"""(?<!\]\()<?\b(?:https?://|www\.)(?P<host>[^\s/?#<>()\[\]"'`*]+)(?:[^\s<>()\[\]"'`]|\([^\s<>()]*\))*>?""",
    re.IGNORECASE,
)
_ATTACHED_TO_URL = ".,;:!?*_~>"

# The star between two figures means "times"; as Markdown it would be emphasis.
_TIMES = re.compile(r"(?<=\d)\s*\\?\*\s*(?=\d)")
_END_OF_CUT_LINK = re.compile(r"\]\((?:[^\s()]|\([^\s()]*\))*\)?")
# What is left of markers that a phrase holds only one half of; rules and underlines of headings.
_STRAY_MARKER = re.compile(r"[*`]+|~~+|--{2,}|={3,}|_{2,}")
_REFERENCE = re.compile(r"(?<=\S)\[\^?\d+(?:,\s*\d+)*\](?!\()")


def plain_words(text: str) -> str:
    """``text`` without Markdown: markers dropped, a link said by its text, a bare address as
    "a link to example.com", the cells of a table row parted by commas. Tags like ``<Enter>``
    are words; closing tags and those they close are dropped."""
    text = _QUOTE_MARK.sub("\n", _LINE_MARKER.sub("", text))
    if text.lstrip().startswith("|"):
        text = _table_row(text)
    text = _TIMES.sub(" × ", _URL.sub(_said_url, text))
    text = _inline_words(_REFERENCE.sub("", text))
    return _STRAY_MARKER.sub(" ", _END_OF_CUT_LINK.sub("", text))


def _table_row(text: str) -> str:
    if _TABLE_RULE.fullmatch(text):
        return ""
    cells = (cell.strip() for cell in text.split("|"))
    return ", ".join(cell for cell in cells if cell)


def _said_url(match: re.Match[str]) -> str:
    address = match.group()
    tail = address[len(address.rstrip(_ATTACHED_TO_URL)) :]
    host = match["host"].rstrip(_ATTACHED_TO_URL).rpartition("@")[2].partition(":")[0]
    return f"a link to {host.removeprefix('www.')}{tail.replace('>', '')}"


def _inline_words(text: str) -> str:
    tokens = _INLINE.parseInline(text)[0].children or []
    return "".join(_words(token, text) for token in tokens)


def _words(token: Token, text: str) -> str:
    if token.type in ("text", "code_inline", "image"):
        return token.content
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "html_inline":
        return _tag_words(token.content, text)
    return ""


def _tag_words(tag: str, text: str) -> str:
    """ "Press <Enter>" is said with its "Enter", "<b>now</b>" and "<br>" without a word."""
    inside = tag.strip("<>")
    name = (inside.split()[0] if "=" in inside else inside).rstrip(" /")
    is_closed = f"</{name}".lower() in text.lower()
    return " " if is_closed or tag[1] in "/!?" or name in ("br", "hr") else f" {name} "
