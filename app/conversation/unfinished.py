"""Unfinished: words after which a sentence goes on.

The model of the end of a turn hears the melody of a voice, not its words. Where the melody falls in
the middle of a sentence, the words say that it is one.
"""

from __future__ import annotations

import re

#: Words that are hardly ever the last of what somebody wants to say, by language.
_LEADS_ON = {
    "en": "the a an of about with and or but if that who which whose then is are was were am my your his her "
    "its our their i we they he she so um uh er to for from in on at by as than because when while whether "
    "how what's it's there's i'm like",
    "de": "der die das den dem des ein eine einen einem einer und oder aber wenn dass weil ob mit von zu für "
    "auf an im ist sind war mein dein sein ihr unser ich du er wir äh ähm also als wie",
    "fr": "le la les un une des du de et ou mais si que qui dont avec pour sur dans est sont mon ton son ma "
    "ta sa notre votre je tu il elle nous euh donc comme parce quand",
    "es": "el la los las un una unos unas y o pero si que quien con de del para por en es son mi tu su "
    "nuestro yo él ella nosotros eh pues como porque cuando",
}

_WORDS = frozenset(word for words in _LEADS_ON.values() for word in words.split())
_TRAILING_OFF = ("...", "…", "-", "–", "—", ",", ":", ";")


def looks_unfinished(words: str) -> bool:
    """Whether ``words``, as Whisper wrote them, stop in the middle of a sentence: they trail off
    ("..." or a comma), or the last of several is one after which something follows ("about", "the")."""
    text = words.strip()
    if text.endswith(_TRAILING_OFF):
        return True
    said = re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())
    return len(said) > 1 and said[-1] in _WORDS
