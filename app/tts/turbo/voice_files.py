"""Learned voices on disk: one safetensors file each, which can hold nothing but tensors."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
import os
import tempfile
import time
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from app.tts.turbo.voice import Voice
from app.voices.learned import SECONDS, SUFFIX

log = logging.getLogger(__name__)

#: Voices kept; the one longest unused goes first. Each takes 0.2 MB.
MAX_FILES = 200
#: The names of a voice's tensors.
_TENSORS = tuple(field.name for field in dataclasses.fields(Voice) if field.name != "key")
#: Seconds after which an unfinished file is nobody's any more.
_ABANDONED = 3600
_UNFINISHED = ".unfinished"


class VoiceFiles:
    """The voices that one version of the model has learned by one recipe, in ``folder``. A folder
    that cannot be written to is told of once and costs nothing else. Several processes may share it."""

    def __init__(self, folder: Path, version: str, recipe: int) -> None:
        self._folder = folder
        self._version = version
        self._recipe = recipe
        self._has_warned = False

    def read(self, key: str, device: torch.device) -> Voice | None:
        """The voice with ``key``, on ``device``; None if there is none or its file is not whole."""
        path = self._path(key)
        if not path.exists():
            return None
        try:
            voice = self._read(path, key)
        except (OSError, ValueError, KeyError, SafetensorError) as problem:
            log.warning("Learning a voice anew, for %s is of no use: %s", path, problem)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # it is in use: the last to go
        return dataclasses.replace(voice, **{name: getattr(voice, name).to(device) for name in _TENSORS})

    def write(self, voice: Voice, seconds: float | None = None) -> None:
        """Keep ``voice``, which took so many ``seconds`` to learn, and let the oldest go."""
        tensors = {name: getattr(voice, name).cpu().contiguous() for name in _TENSORS}
        told = {} if seconds is None else {SECONDS: f"{seconds:.2f}"}
        content = save(tensors, self._description(voice.key) | {"sha256": _digest(tensors)} | told)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._path(voice.key), content)
            self._prune()
        except OSError as problem:
            if not self._has_warned:
                self._has_warned = True
                log.warning(
                    "Voices cannot be kept in %s (%s): each is learned anew after a restart.",
                    self._folder,
                    problem.strerror or problem,
                )

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"

    def _description(self, key: str) -> dict[str, str]:
        return {"content": "voice", "key": key, "model": self._version, "recipe": str(self._recipe)}

    def _read(self, path: Path, key: str) -> Voice:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            for name, value in self._description(key).items():
                if metadata.get(name) != value:
                    raise ValueError(f"its {name} is {metadata.get(name)!r} and should be {value!r}")
            # Copied, for they lie in the file, which may be replaced while they are used.
            tensors = {name: file.get_tensor(name).clone() for name in _TENSORS}
        if metadata.get("sha256") != _digest(tensors):
            raise ValueError("its content has changed")
        return Voice(key, **tensors)

    def _write(self, path: Path, content: bytes) -> None:
        """Under another name first, so that nobody ever reads half a file."""
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=_UNFINISHED, delete=False) as file:
            unfinished = Path(file.name)
            try:
                file.write(content)
                file.close()
                unfinished.replace(path)
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise

    def _prune(self) -> None:
        """Remove what is too many, and what a process that died has left behind."""
        voices = sorted(self._folder.glob(f"*{SUFFIX}"), key=_last_used, reverse=True)
        unfinished = self._folder.glob(f"*{_UNFINISHED}")
        abandoned = [path for path in unfinished if _last_used(path) < time.time() - _ABANDONED]
        for path in [*voices[MAX_FILES:], *abandoned]:
            path.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    """Seconds since the epoch; 0 for a file that another process has just removed."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _digest(tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in _TENSORS:
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
