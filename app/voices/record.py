"""What is known of a voice in the library: the content of its voice.json."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

#: Hz of the recordings that are kept: what Chatterbox listens to.
RATE = 24_000
#: Characters of a voice's name.
LONGEST_NAME = 60

_ID = re.compile(r"voice_[0-9a-f]{16}", re.ASCII)
#: Characters that are not seen, or turn the text around them: controls, line ends, halves of
#: characters, and marks of direction.
_UNSEEN = frozenset(["Cc", "Cs", "Co", "Cn", "Zl", "Zp"])
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class BadName(ValueError):
    """A voice cannot have this name; the message is a sentence for the person."""


@dataclass(frozen=True)
class VoiceRecord:
    """One voice of the library."""

    id: str
    name: str
    created_at: datetime
    #: Length of the recording that is kept, and of the speech in it.
    seconds: float
    speech_seconds: float
    #: SHA-256 of the recording's file, in hex.
    digest: str
    #: How loud the recording is from its beginning to its end, 0 to 1 (see ``waveform``).
    waveform: tuple[float, ...]

    def to_json(self) -> str:
        """The record as text; the id is the folder's name and not in it."""
        values = dataclasses.asdict(self) | {"created_at": self.created_at.isoformat()}
        del values["id"]
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, voice_id: str, text: str) -> VoiceRecord:
        """The record that ``to_json`` wrote. Raises ValueError for anything else."""
        try:
            values: dict[str, Any] = json.loads(text)
            return cls(
                id=voice_id,
                name=clean_name(str(values["name"])),
                created_at=datetime.fromisoformat(values["created_at"]),
                seconds=float(values["seconds"]),
                speech_seconds=float(values["speech_seconds"]),
                digest=str(values["digest"]),
                waveform=tuple(float(peak) for peak in values["waveform"]),
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise ValueError(f"not a voice: {problem!r}") from problem


def is_voice_id(text: str) -> bool:
    """Whether ``text`` has the form of an id that the library gives out."""
    return _ID.fullmatch(text) is not None


def clean_name(text: str) -> str:
    """``text`` as a voice's name: on one line, and nothing in it that cannot be seen. Raises BadName."""
    normal = unicodedata.normalize("NFC", text[: 20 * LONGEST_NAME])
    seen = (" " if _is_unseen(character) else character for character in normal)
    name = " ".join("".join(seen).split())
    if not name:
        raise BadName("Give the voice a name.")
    if len(name) > LONGEST_NAME:
        raise BadName(f"That name is too long. It may have {LONGEST_NAME} characters.")
    return name


def _is_unseen(character: str) -> bool:
    return character in _DIRECTION or unicodedata.category(character) in _UNSEEN
