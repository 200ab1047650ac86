"""Where kept sounds are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from app.archive.records import SpeechRecord
from app.settings import Settings

#: Ids as VOX makes them.
_OWN_ID = re.compile(r"[a-z]+_[0-9a-f]{8,40}")


_MEGABYTE = 1_000_000


def limit_bytes(settings: Settings) -> int:
    """The space that kept sounds may take."""
    return settings.speech_limit_mb * _MEGABYTE


class SpeechFiles:
    """Files below ``folder``: a folder a conversation, a file a message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, settings: Settings) -> SpeechFiles:
        return cls(settings.data_dir / "speech")

    def path(self, conversation_id: str, message_id: str) -> Path:
        """Where a message's sound is, if it is kept. Ids that others may have chosen are no file names."""
        return self.folder / _file_name(conversation_id) / f"{_file_name(message_id)}.ogg"

    def discard(self, sounds: Iterable[SpeechRecord]) -> None:
        """Remove the files of sounds whose records are gone."""
        for sound in sounds:
            path = self.path(sound.conversation_id, sound.message_id)
            with suppress(OSError):
                path.unlink(missing_ok=True)
                path.parent.rmdir()  # where it was the last


def _file_name(id_: str) -> str:
    return id_ if _OWN_ID.fullmatch(id_) else hashlib.sha256(id_.encode("utf-8", "replace")).hexdigest()
