"""The voices that people keep, in a folder each: the recording, and what is known of it.

The folder on the disk is the only state: programs on this machine that share it see the same
voices, and nothing has to be told to anyone. Ids and file names are made here and nowhere else.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from app.voices import learned
from app.voices.learned import Learned
from app.voices.record import RATE, VoiceRecord, clean_name, is_voice_id

if TYPE_CHECKING:
    from app.voices.intake import Intake

log = logging.getLogger(__name__)

#: Voices that are kept; each takes up to 1 MB.
MAX_VOICES = 100

#: The files of a voice's folder, and the folder for what Chatterbox has learned.
RECORDING, RECORD = "recording.flac", "voice.json"
LEARNED = "learned"

#: What is not whole yet, or not wholly removed, begins with this; after so many seconds it is nobody's.
_UNFINISHED, _ABANDONED = ".unfinished-", 3600


class UnknownVoice(LookupError):
    """There is no such voice in the library."""


class VoiceRefused(Exception):
    """The library does not take this voice; the message is a sentence for the person."""


class VoiceLibrary:
    """The voices in ``folder``, which need not exist yet. Safe to use from any thread. What changes
    something raises OSError when the disk does not let it, and has changed nothing then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changing = threading.Lock()

    def ids(self) -> tuple[str, ...]:
        """The ids of all voices, in no particular order."""
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - asked often, and half as long
        except OSError:
            return ()
        return tuple(name for name in names if is_voice_id(name))

    def all(self) -> list[VoiceRecord]:
        """All voices, the oldest first. One whose files are damaged is left out, and logged."""
        records = filter(None, map(self._record, self.ids()))
        return sorted(records, key=lambda record: (record.created_at, record.id))

    def find(self, voice_id: str) -> VoiceRecord:
        """Raises UnknownVoice, also for what is no id at all."""
        record = self._record(voice_id)
        if record is None:
            raise UnknownVoice(f"There is no voice {voice_id[:40]!r} in the library.")
        return record

    def recording(self, voice_id: str) -> Path | None:
        """Where the recording of a voice is; None where there is no such voice."""
        if not is_voice_id(voice_id):
            return None
        path = self._folder / voice_id / RECORDING
        # Only what the library itself has put there: a link may lead anywhere.
        is_own = path.is_file() and not path.is_symlink() and not path.parent.is_symlink()
        return path if is_own else None

    def learned(self, record: VoiceRecord) -> Learned | None:
        """What Chatterbox has learned of a voice; None where its first use is still to come."""
        return learned.find(self._folder / LEARNED, record.digest)

    def add(self, name: str, intake: Intake) -> VoiceRecord:
        """Keep a recording under ``name``. Raises BadName, VoiceRefused."""
        from app.voices.waveform import waveform

        name = clean_name(name)
        content = _flac(intake)
        record = VoiceRecord(
            id=f"voice_{secrets.token_hex(8)}",
            name=name,
            created_at=datetime.now(timezone.utc),
            seconds=round(intake.samples.size / RATE, 2),
            speech_seconds=round(intake.speech_seconds, 2),
            digest=hashlib.sha256(content).hexdigest(),
            waveform=waveform(intake.samples),
        )
        with self._changing:
            self._sweep()
            others = self.all()
            if len(others) >= MAX_VOICES:
                raise VoiceRefused(f"VOX keeps {MAX_VOICES} voices at most. Delete one, then add this one.")
            _check_name_is_free(name, others)
            self._write(record, content)
        return record

    def rename(self, voice_id: str, name: str) -> VoiceRecord:
        """Raises BadName, VoiceRefused, UnknownVoice."""
        name = clean_name(name)
        with self._changing:
            record = self.find(voice_id)
            _check_name_is_free(name, [other for other in self.all() if other.id != voice_id])
            renamed = replace(record, name=name)
            _write_whole(self._folder / voice_id / RECORD, renamed.to_json().encode())
        return renamed

    def delete(self, voice_id: str) -> None:
        """Remove a voice and what was learned of it; it cannot be brought back. Raises UnknownVoice."""
        with self._changing:
            record = self.find(voice_id)
            # Out of the way in one step, so that nobody finds half a voice.
            removed = self._folder / f"{_UNFINISHED}{voice_id}"
            (self._folder / voice_id).rename(removed)
            shutil.rmtree(removed, ignore_errors=True)
            if all(other.digest != record.digest for other in self.all()):
                learned.forget(self._folder / LEARNED, record.digest)

    def _record(self, voice_id: str) -> VoiceRecord | None:
        if self.recording(voice_id) is None:
            return None
        path = self._folder / voice_id / RECORD
        try:
            return VoiceRecord.from_json(voice_id, path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None  # deleted meanwhile
        except (OSError, ValueError) as problem:
            log.warning("A voice is left out, for %s is of no use: %s", path, problem)
            return None

    def _write(self, record: VoiceRecord, content: bytes) -> None:
        """Put the voice's folder there, all at once."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._folder))
        try:
            _write_through(unfinished / RECORDING, content)
            _write_through(unfinished / RECORD, record.to_json().encode())
            unfinished.rename(self._folder / record.id)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def _sweep(self) -> None:
        """Remove what a process that died has left behind."""
        for path in self._folder.glob(f"{_UNFINISHED}*"):
            try:
                is_old = path.stat().st_mtime < time.time() - _ABANDONED
            except OSError:
                continue
            if is_old:
                shutil.rmtree(path, ignore_errors=True)


def _check_name_is_free(name: str, others: list[VoiceRecord]) -> None:
    if name.casefold() in {other.name.casefold() for other in others}:
        raise VoiceRefused(f"There is already a voice named “{name}”. Choose another name.")


def _flac(intake: Intake) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, intake.samples, RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """Replace the file at ``path``: it is the old one or the new one, never half of it."""
    unfinished = path.with_name(f"{_UNFINISHED}{path.name}")
    try:
        _write_through(unfinished, content)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _write_through(path: Path, content: bytes) -> None:
    """Write a file, down to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
