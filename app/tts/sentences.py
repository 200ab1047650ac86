"""Where sentences and clauses end, as far as can be told from what precedes and one word after.

sentencex knows the abbreviations, ordinals and sentence openers of many languages. It is made for
whole texts; here it is asked about one full stop at a time, as soon as what follows decides it.
"""

from __future__ import annotations

import re

import sentencex

#: Ends of sentences that need no space after them.
WIDE_ENDS = frozenset("。！？｡")
#: Marks that may end a sentence.
ENDS = WIDE_ENDS | frozenset(".!?…‽⁇⁈⁉．؟۔।॥።፧။։")
#: Marks after which a clause may end, without and with a space after them.
WIDE_CLAUSE_MARKS = frozenset("、，；：—―")
CLAUSE_MARKS = WIDE_CLAUSE_MARKS | frozenset(",;:،؛")

#: The longest word that is waited for to judge a full stop.
MAX_WORD = 20

#: So much of what precedes a mark is enough to judge it, and keeps the judging cheap.
CONTEXT = 80

_AFTER_END = re.compile(rf"[^\w\s{re.escape(''.join(ENDS))}]+$")
_RUN_OF_MARKS = re.compile(r"(?:[.!?]{2,}|[.!?]*…[.!?…]*)$")
_LIST_MARKER = re.compile(r"[\W_]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})\.")
_NUMBERED = re.compile(r"\b(?:approx|art|chap|ch|eq|est|max|min|sect|tel|ver|vol|v)\.$", re.IGNORECASE)
_ORDINAL = re.compile(r"\d\.$")
_OPENER = "The"


def ends_sentence(head: str, word: str, is_whole: bool, language: str) -> bool | None:
    """Whether a sentence ends at the end of ``head`` (the last CONTEXT characters: a mark from ENDS
    and what closes after it), given the beginning of the next ``word``, or all of it when ``is_whole``.

    None: only the whole word can tell, as after "U.S.", where "It" opens a sentence and "Army"
    does not. A list's number ("1.") is no end, for it belongs to its item.
    """
    # sentencex does not know "…", and takes "?!" before "I" for no end: it is shown one plain mark.
    head = _RUN_OF_MARKS.sub(_strongest, _AFTER_END.sub("", head))
    if _LIST_MARKER.fullmatch(head) or (word[0].isdigit() and _NUMBERED.search(head)):
        return False
    is_cut = _is_cut(head, word, language)
    if is_whole or not word[0].isupper():
        return is_cut
    if _ORDINAL.search(head) or (not is_cut and _is_cut(head, _OPENER, language)):
        return None
    return is_cut


def _strongest(marks: re.Match[str]) -> str:
    return next((mark for mark in marks.group() if mark in "!?"), ".")


def _is_cut(head: str, word: str, language: str) -> bool:
    sentences = sentencex.segment(language, f"{head} {word}")
    return len(sentences) > 1 and bool(sentences[-1] == word)
