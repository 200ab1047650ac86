"""What Chatterbox has learned of recordings, as far as it can be told without Chatterbox.

It keeps a file for each recording it has spoken with, in a folder of their own. The names of the
files are made here, so that the library can tell which recordings are ready, and that nothing
learned of a voice outlives it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".safetensors"
#: The place in a file's metadata for how many seconds the learning took.
SECONDS = "seconds"

#: Hexadecimal digits of each half of a key.
_DIGITS = 32


@dataclass(frozen=True)
class Learned:
    """A recording that Chatterbox can speak with at once."""

    #: How long it took to learn; None where that was not measured.
    seconds: float | None


def key(digest: str, version: str, recipe: int) -> str:
    """What a model's ``version`` learns of a recording by ``recipe`` is kept under this. ``digest`` is
    the SHA-256 of the recording's file, in hex."""
    how = hashlib.sha256(f"{version} {recipe}".encode()).hexdigest()
    return f"{digest[:_DIGITS]}-{how[:_DIGITS]}"


def find(folder: Path, digest: str) -> Learned | None:
    """What was learned of the recording, by whichever model; None for nothing, or nothing readable."""
    for path in _files(folder, digest):
        metadata = _metadata(path)
        if metadata is not None:
            return Learned(_number(metadata.get(SECONDS, "")))
    return None


def forget(folder: Path, digest: str) -> None:
    """Remove what was learned of the recording. Raises OSError."""
    for path in _files(folder, digest):
        path.unlink(missing_ok=True)


def _files(folder: Path, digest: str) -> list[Path]:
    return sorted(folder.glob(f"{digest[:_DIGITS]}-*{SUFFIX}"))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _metadata(path: Path) -> dict[str, str] | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError):
        return None
