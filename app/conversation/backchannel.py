"""Backchannels: the sounds and words with which people who listen ask each other to go on."""

from __future__ import annotations

import re

#: Words of agreement and attention, by language.
_AGREEMENT = {
    "en": "yeah, yes, yep, yup, okay, ok, right, alright, all right, sure, i see, got it, of course, good, "
    "great, cool, nice, wow, fine, true, exactly, indeed, really, interesting, i know, go on",
    "de": "ja, jo, okay, genau, gut, klar, alles klar, stimmt, richtig, verstehe, ich verstehe, ach, ach so, "
    "achso, super, toll, weiter",
    "fr": "oui, ouais, d'accord, bien, très bien, bien sûr, c'est ça, je vois, je comprends, voilà, exact, "
    "exactement, bon, continue",
    "es": "sí, vale, claro, ya, ya veo, bien, muy bien, bueno, entiendo, de acuerdo, exacto, por supuesto, "
    "ajá, sigue",
}

#: What Whisper writes, a word at a time, for humming ("M-H-M"), breathing, laughing and coughing.
_SOUND = re.compile(
    r"h+ | h*m+[hm]* | [aeou]+h+ | (?:h?u+h+)+ | u+h?m+ | e+rm* | euh | heu | [äö]+h*m*"
    r"| aha | ha+h* | (?:h[aei]){2,}h? | heh | ahem | ugh | phew",
    re.VERBOSE,
)
#: Sounds that it names: "[cough]", "(laughs)", "*sighs*".
_NAMED_SOUND = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*")
_QUESTION = re.compile(r"[?？؟]")
_WORD = re.compile(r"[^\W_]+")

#: Who says more than this wants to be heard.
_MOST_WORDS = 4


def is_backchannel(words: str) -> bool:
    """Whether ``words``, which were said while VOX spoke, ask for nothing.

    So it is if, without humming, laughter and coughs, nothing is left, or at most four words, all of
    agreement ("Mm-hm.", "Yeah, yeah.", "Oh, I see."). A question never is a backchannel, nor is
    anything with another word in it: who says "stop", "no" or "wait" is to be heard.
    """
    said = _NAMED_SOUND.sub(" ", words)
    if _QUESTION.search(said):
        return False
    rest = [word for word in _words(said) if not _SOUND.fullmatch(word)]
    return len(rest) <= _MOST_WORDS and _ONLY_AGREEMENT.fullmatch(" ".join(rest)) is not None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _only_agreement() -> re.Pattern[str]:
    phrases = (" ".join(_words(phrase)) for table in _AGREEMENT.values() for phrase in table.split(","))
    either = "|".join(sorted(set(phrases)))
    return re.compile(rf"(?:(?:{either})(?: |$))*")


_ONLY_AGREEMENT = _only_agreement()
