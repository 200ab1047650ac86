"""Unfinished: what the words of a pause say about whether more is to come.

The model of the end of a turn hears the melody of a voice, not its words. Where the melody falls in
the middle of a sentence, the words may say that it is one; where it stays up at the end of a question,
they say that it was asked.
"""

from __future__ import annotations

import re

#: Words that are hardly ever the last of what somebody wants to say, by language.
_LEADS_ON = {
    "en": "the a an and with or but if that who which whose then my your his her its our their i we they "
    "he she so um uh er than because when while whether how what's it's there's i'm like",
    "de": "der die das den dem des ein eine einen einem einer und oder aber wenn dass weil ob mit von zu für "
    "auf an im mein dein sein ihr unser ich du er wir äh ähm also als wie",
    "fr": "le la les un une des du de et ou mais si que qui dont avec pour sur dans mon ton son ma "
    "ta sa notre votre je tu il elle nous euh donc comme parce quand",
    "es": "el la los las un una unos unas y o pero si que quien con de del para por en mi tu su "
    "nuestro yo él ella nosotros eh pues como porque cuando",
}
#: The same, unless they end a question: "Where does it come from?"
_LEADS_ON_IN_A_STATEMENT = frozenset(["of", "about", "to", "for", "from", "in", "on", "at", "by", "as"])
#: The same at the beginning of a sentence: "What is", but not "how old the earth is".
_LEADS_ON_EARLY = frozenset(
    ["is", "are", "was", "were", "am", "ist", "sind", "war", "est", "sont", "es", "son"]
)
_EARLY = 4

#: What opens a sentence and says nothing yet.
_OPENINGS = frozenset(
    {
        *("well", "so", "okay so", "you know", "i mean", "let me see", "let me think"),
        *("i was thinking", "i was wondering", "i have a question"),
        *("i would like to know", "i'd like to know", "i want to know"),
        *("could you", "can you", "could you tell me", "can you tell me", "please tell me", "tell me"),
        *("do you know", "sag mal", "kannst du mir sagen", "weißt du", "ich möchte wissen"),
        *("ich wollte fragen", "dis moi", "est ce que tu sais", "je voudrais savoir"),
        *("dime", "me puedes decir", "quisiera saber"),
    }
)

#: What begins a condition, whose sentence goes on: "If I travel to Italy in May."
_CONDITIONS = frozenset(("if", "unless", "wenn", "falls", "si"))
#: What may stand before it.
_CONNECTIONS = frozenset(("and", "but", "so", "well", "or", "und", "aber", "oder", "et", "mais", "y", "pero"))
#: More words are likelier to be a whole sentence without a comma, fewer to be none at all.
_CONDITION_WORDS = range(3, 9)

_WORDS = frozenset(word for words in _LEADS_ON.values() for word in words.split())
_TRAILING_OFF = ("...", "…", "-", "–", "—", ",", ":", ";")
_QUESTION_MARKS = ("?", "？", "؟")
#: Fewer words are no question that could be told from the beginning of one.
_SHORTEST_QUESTION = 3


def looks_unfinished(words: str) -> bool:
    """Whether ``words``, as Whisper wrote them, stop in the middle of a sentence: they trail off
    ("..." or a comma), the last of several is one after which something follows ("about", "the"), the
    last sentence only opens one ("Could you tell me?"), or it is a condition and nothing else."""
    text = words.strip()
    if text.endswith(_TRAILING_OFF):
        return True
    said = _said(text)
    last_sentence = _last_sentence(text)
    if " ".join(_said(last_sentence)) in _OPENINGS or _is_condition(last_sentence):
        return True
    if len(said) < 2:
        return False
    last = said[-1]
    return (
        last in _WORDS
        or (last in _LEADS_ON_IN_A_STATEMENT and not text.endswith(_QUESTION_MARKS))
        or (last in _LEADS_ON_EARLY and len(said) <= _EARLY)
    )


def looks_asked(words: str) -> bool:
    """Whether ``words`` end with a whole question."""
    text = words.strip()
    is_question = text.endswith(_QUESTION_MARKS) and not looks_unfinished(text)
    return is_question and len(_said(_last_sentence(text))) >= _SHORTEST_QUESTION


def _is_condition(sentence: str) -> bool:
    first, _, rest = sentence.partition(" ")
    if first.rstrip(",").lower() in _CONNECTIONS:
        sentence = rest
    words = _said(sentence)
    is_whole = "," in sentence or sentence.endswith(_QUESTION_MARKS)
    return not is_whole and len(words) in _CONDITION_WORDS and words[0] in _CONDITIONS


def _said(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def _last_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+", text)[-1]
