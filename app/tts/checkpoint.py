"""A Chatterbox Turbo checkpoint on disk: where it comes from, and whether it is whole.

Checked before loading, so that a missing or cut-off file is named instead of failing deep inside
torch, and nothing that could run code is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from app import hub
from app.engines import EngineError
from app.progress import Progress

REPOSITORY = "ResembleAI/chatterbox-turbo"
WEIGHTS = ("t3_turbo_v1.safetensors", "s3gen_meanflow.safetensors", "ve.safetensors")
VOICE = "conds.pt"
PATTERNS = (*WEIGHTS, VOICE, "*.json", "*.txt", "*.model")

#: No header of a safetensors file is longer, in bytes; one that is makes the file something else.
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a checkpoint, and what to do about one that is not whole."""

    folder: Path
    remedy: str

    def check_files(self) -> None:
        """Raise EngineError naming a file that is missing or cut off."""
        for name in (*WEIGHTS, VOICE):
            if not (self.folder / name).is_file():
                raise EngineError(f"{name} is missing from {self.folder}. {self.remedy}")
        if not any((self.folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
            raise EngineError(f"The tokenizer's files are missing from {self.folder}. {self.remedy}")
        for name in WEIGHTS:
            self._check_weights(self.folder / name)

    def check_voice(self) -> None:
        """Read the built-in voice as plain tensors: what this accepts can run no code, however
        the model's own loader then reads it. Raises EngineError. Imports torch."""
        import torch

        path = self.folder / VOICE
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            is_voice = {"t3", "gen"} <= set(content)
        except Exception as problem:  # torch, zipfile and pickle each have errors of their own
            raise EngineError(
                f"{path} ({path.stat().st_size:,} bytes) cannot be read as a voice: "
                f"{type(problem).__name__}. {self.remedy}"
            ) from problem
        if not is_voice:
            raise EngineError(f"{path} holds no voice for Chatterbox Turbo. {self.remedy}")

    def _check_weights(self, path: Path) -> None:
        size = path.stat().st_size
        try:
            expected = _declared_size(path)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error):
            raise EngineError(f"{path} ({size:,} bytes) is no safetensors file. {self.remedy}") from None
        if size != expected:
            raise EngineError(
                f"{path} is damaged: it has {size:,} bytes and should have {expected:,}. {self.remedy}"
            )


def find_checkpoint(directory: str, progress: Progress, *, offline: bool = False) -> Checkpoint:
    """The checkpoint in ``directory`` if one is given, else the hub's, downloaded if need be; its
    files are checked.

    Raises EngineError, and LoadCancelled.
    """
    if directory:
        checkpoint = _local(Path(directory).expanduser())
    else:
        try:
            folder = hub.fetch(REPOSITORY, PATTERNS, progress, offline=offline)
        except hub.HubUnavailable as problem:
            raise EngineError(str(problem)) from problem
        checkpoint = Checkpoint(folder, "Delete that folder, then load the voice again to download it anew.")
    checkpoint.check_files()
    return checkpoint


def _local(folder: Path) -> Checkpoint:
    if not folder.is_dir():
        raise EngineError(
            f"There is no folder {folder}. Set VOX_CHATTERBOX_DIR to one with a Chatterbox Turbo checkpoint."
        )
    return Checkpoint(
        folder, f"Copy it there from {REPOSITORY} at the model hub, or unset VOX_CHATTERBOX_DIR."
    )


def _declared_size(path: Path) -> int:
    """The size in bytes that the header of the safetensors file at ``path`` promises."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST_HEADER:
            raise ValueError("the header is too long")
        header = json.loads(file.read(length))
    ends = [int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"]
    return 8 + int(length) + max(ends, default=0)
