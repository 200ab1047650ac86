"""The piece of a text in which something was found, with the hits marked."""

from __future__ import annotations

from collections.abc import Sequence

from app.archive.query import Term
from app.archive.records import SnippetPart
from app.archive.words import places_of

#: Characters shown before the first hit, and in all.
BEFORE = 50
LENGTH = 180

_CUT = "…"


def snippet(text: str, terms: Sequence[Term]) -> list[SnippetPart]:
    """A piece of ``text`` on one line, around its first hit; joined, the parts are that line."""
    hits = _hits(text, terms)
    begin = _word_begin(text, max(0, hits[0][0] - BEFORE), hits[0][0]) if hits else 0
    end = _word_end(text, min(len(text), begin + LENGTH))
    parts = [SnippetPart(_CUT, False)] if begin else []
    place = begin
    for hit_begin, hit_end in hits:
        if hit_begin >= end:
            break
        _add(parts, text[place:hit_begin], False)
        _add(parts, text[hit_begin : min(hit_end, end)], True)
        place = min(hit_end, end)
    _add(parts, text[place:end].rstrip() if end == len(text) else text[place:end].rstrip() + _CUT, False)
    return parts


def _hits(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where in ``text`` a term is, in order and apart from each other."""
    places = list(places_of(text))
    found = []
    for index in range(len(places)):
        length = max((len(term.words) for term in terms if _is_at(places, index, term)), default=0)
        if length:
            found.append((places[index][1], places[index + length - 1][2]))
    joined: list[tuple[int, int]] = []
    for begin, end in found:
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _is_at(places: Sequence[tuple[str, int, int]], index: int, term: Term) -> bool:
    *earlier, last = term.words
    found = [word for word, _, _ in places[index : index + len(term.words)]]
    if len(found) < len(term.words) or found[:-1] != earlier:
        return False
    return found[-1].startswith(last) if term.is_beginning else found[-1] == last


def _add(parts: list[SnippetPart], text: str, is_hit: bool) -> None:
    """Add ``text`` on one line; a piece that begins in the middle of a space has one there."""
    line = " ".join(text.split())
    if text[:1].isspace() and parts:
        line = " " + line
    if text[-1:].isspace() and line.strip():
        line += " "
    if line:
        parts.append(SnippetPart(line, is_hit))


def _word_begin(text: str, place: int, latest: int) -> int:
    """The nearest beginning of a word at or behind ``place``, not behind ``latest``."""
    if place == 0:
        return 0
    space = next((i for i in range(place - 1, latest) if text[i].isspace()), None)
    return place if space is None else space + 1


def _word_end(text: str, place: int) -> int:
    """The nearest end of a word at or before ``place``, unless that is far."""
    if place == len(text):
        return place
    space = next((i for i in range(place, max(0, place - 20), -1) if text[i].isspace()), None)
    return place if space is None else space
