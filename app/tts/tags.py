"""Paralinguistic tags (``[laugh]``, ``[clear throat]``), kept from voices that cannot speak them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: The tags of Chatterbox Turbo's vocabulary that are sounds. Its ten others ([angry], [happy],
#: [whispering] and so on) name a manner of speaking and are reported to change nothing.
CHATTERBOX_TAGS = frozenset(
    {"laugh", "chuckle", "gasp", "cough", "sigh", "groan", "sniff", "shush", "clear throat"}
)

#: Every tag that counts as paralinguistic, and the other ways in which models write it.
_FORMS = {
    "laugh": "laughs laughing laughed laughter",
    "chuckle": "chuckles chuckling chuckled",
    "giggle": "giggles giggling giggled",
    "gasp": "gasps gasping gasped",
    "cough": "coughs coughing coughed",
    "sigh": "sighs sighing sighed",
    "groan": "groans groaning groaned",
    "sniff": "sniffs sniffing sniffed sniffle sniffles",
    "shush": "shushes shushing shushed",
    "clear throat": "clears-throat clearing-throat throat-clearing clears-her-throat clears-his-throat",
    "breath": "breathe breathes breathing inhale inhales exhale exhales deep-breath takes-a-breath",
    "cry": "cries crying cried sob sobs sobbing",
    "hum": "hums humming hummed",
    "moan": "moans moaning",
    "pause": "pauses pausing short-pause long-pause",
    "scream": "screams screaming",
    "sing": "sings singing",
    "smile": "smiles smiling smiled",
    "sneeze": "sneezes sneezing",
    "snort": "snorts snorting",
    "whisper": "whispers whispering whispered",
    "yawn": "yawns yawning",
    "advertisement": "",
    "angry": "angrily",
    "dramatic": "dramatically",
    "excited": "excitedly",
    "fear": "fearful",
    "happy": "happily",
    "narration": "",
    "sad": "sadly",
    "sarcastic": "sarcastically",
    "surprised": "",
}
_TAG_OF_FORM = {
    form.replace("-", " "): tag for tag, forms in _FORMS.items() for form in (tag, *forms.split())
}

#: No tag is longer than this, brackets included, so that a stray "[" delays little.
_MAX_TAG = 40

#: Spaces held until it is known whether a tag follows; from a longer run the first are let go.
_MAX_SPACES = 8


def tag_named(name: str) -> str | None:
    """The tag that the words between two brackets mean ("Laughs softly" is "laugh"), or None for
    ordinary words."""
    words = re.split(r"[\s_-]+", name.strip().lower())
    plain = [word for word in words if len(words) == 1 or not word.endswith("ly")]
    return _TAG_OF_FORM.get(" ".join(plain))


def strip_tags(text: str, speakable: frozenset[str]) -> str:
    """``text`` without the paralinguistic tags that are not in ``speakable`` (names without
    brackets). Those that are come out as the voice knows them: "[Laughs]" as "[laugh]"."""
    return "".join(without_tags([text], speakable))


def without_tags(pieces: Iterable[str], keep: frozenset[str]) -> Iterator[str]:
    """``strip_tags`` for a text that streams, cut anywhere. Holds back nothing but spaces and
    what may still become a tag."""
    stripper = _TagStripper(keep)
    for piece in pieces:
        if text := "".join(map(stripper.take, piece)):
            yield text
    if text := stripper.finish():
        yield text


class _TagStripper:
    """Takes one character at a time, so that how a text was cut cannot change what comes out."""

    def __init__(self, keep: frozenset[str]) -> None:
        self._keep = keep
        self._spaces = ""
        self._bracket = ""  # what was read since "[", which may be a tag
        self._at_line_start = True
        self._healing = False  # a tag was removed just now

    def take(self, char: str) -> str:
        """What can be let go once ``char`` is known."""
        if self._bracket.endswith("]"):
            return self._close(follower=char) + self.take(char)
        if self._bracket:
            return self._continue(char)
        if char == " ":
            return self._hold_space()
        if char == "[":
            self._bracket = char
            return ""
        return self._let_go(char)

    def finish(self) -> str:
        """What is still held back at the end of the text."""
        text = ""
        if self._bracket.endswith("]"):
            text = self._close(follower="")
        elif self._bracket:
            text = self._let_go(self._bracket)
        return text if self._healing else text + self._spaces

    def _hold_space(self) -> str:
        if self._healing and (self._spaces or self._at_line_start):
            return ""
        spaces = self._spaces + " "
        self._spaces = spaces[-_MAX_SPACES:]
        return spaces[:-_MAX_SPACES]

    def _continue(self, char: str) -> str:
        """One more character after "["."""
        if char == "]" or ((char.isalpha() or char in " -_") and len(self._bracket) < _MAX_TAG):
            self._bracket += char
            return ""
        text, self._bracket = self._bracket, ""
        return self._let_go(text) + self.take(char)

    def _close(self, follower: str) -> str:
        """The bracket is whole, and what follows tells a tag from a Markdown link."""
        text, self._bracket = self._bracket, ""
        tag = None if follower == "(" else tag_named(text[1:-1])
        if tag is None:
            return self._let_go(text)
        if tag in self._keep:
            return self._let_go(f"[{tag}]")
        self._healing = True
        return ""

    def _let_go(self, text: str) -> str:
        """``text`` and the spaces before it; of those, one removed tag leaves none too many."""
        drop_spaces = self._healing and (self._at_line_start or text[0] in ".,;:!?\n")
        spaces = "" if drop_spaces else self._spaces
        self._spaces = ""
        self._healing = False
        self._at_line_start = text.endswith("\n")
        return spaces + text
