"""What somebody looks for: terms, all of which must be found in the same message or title."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.archive.words import words_of

#: Characters and terms of a search; what goes beyond is not looked at.
MAX_LENGTH = 200
MAX_TERMS = 10
#: Letters of a word from which on it counts as the beginning of others: "a" would find nearly everything.
SHORT = 3
#: Terms from which on each is a whole word: who types that many knows them, and they cost the most.
LONG = 4

_TERM = re.compile(r'"([^"]*)"|"?([^\s"]+)|"')


@dataclass(frozen=True)
class Term:
    """Words that follow each other, at least one. Of the last the beginning is enough, if so wanted."""

    words: tuple[str, ...]
    is_beginning: bool


def terms_of(looked_for: str) -> list[Term]:
    """The terms in what was typed.

    A word counts as the beginning of one. A short one does so only at the end, where it may still be typed,
    and so does every word of a long search. "Words in quotes" must be there as they are.
    """
    typed = looked_for[:MAX_LENGTH]
    terms = []
    for match in _TERM.finditer(typed):
        quoted = match[1] is not None
        if words := words_of(match[1] if quoted else match[2] or ""):
            is_short = len("".join(words)) < SHORT and match.end() < len(typed)
            terms.append(Term(tuple(words), is_beginning=not quoted and not is_short))
    terms = terms[:MAX_TERMS]
    if len(terms) > LONG:
        terms[:-1] = [Term(term.words, is_beginning=False) for term in terms[:-1]]
    return terms
