"""Learned voices on disk: read back as they were, or not at all."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TENSORS = ("speaker", "prompt", "reference_tokens", "reference_mel", "embedding")


def a_voice(key: str) -> Any:
    """A voice in the shapes of a real one."""
    import torch

    from app.tts.turbo.voice import Voice

    return Voice(
        key=key,
        speaker=torch.rand(1, 256),
        prompt=torch.randint(0, 6561, (1, 375)),
        reference_tokens=torch.randint(0, 6561, (1, 250)),
        reference_mel=torch.randn(1, 500, 80).transpose(1, 2).contiguous().transpose(1, 2),
        embedding=torch.randn(1, 192),
    )


def read(folder: Path, key: str) -> Any:
    import torch

    return files(folder).read(key, torch.device("cpu"))


def files(folder: Path, version: str = "one", recipe: int = 1) -> Any:
    from app.tts.turbo.voice_files import VoiceFiles

    return VoiceFiles(folder, version, recipe)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_voice_is_read_as_it_was_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    voice = a_voice("somebody")
    files(tmp_path / "new" / "folder").write(voice)
    found = read(tmp_path / "new" / "folder", "somebody")
    assert found.key == "somebody"
    for name in TENSORS:
        assert getattr(found, name).equal(getattr(voice, name))
        assert getattr(found, name).dtype == getattr(voice, name).dtype
    assert read(tmp_path / "new" / "folder", "nobody") is None
    assert read(tmp_path / "no" / "folder", "somebody") is None
    assert warnings(caplog) == []


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _something_else(path: Path) -> None:
    path.write_text("A note to myself. " * 20)


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _other_tensors(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"weight": np.zeros(3, np.float32)}, path)


def _another_voice(path: Path) -> None:
    files(path.parent).write(a_voice("another"))
    (path.parent / "another.safetensors").replace(path)


def _another_models(path: Path) -> None:
    files(path.parent, "other").write(a_voice("somebody"))


def _an_older_recipe(path: Path) -> None:
    files(path.parent, recipe=0).write(a_voice("somebody"))


@pytest.mark.parametrize(
    "damage",
    [
        _cut_off,
        _flip_a_bit,
        _empty,
        _something_else,
        _a_folder,
        _other_tensors,
        _another_voice,
        _another_models,
        _an_older_recipe,
    ],
)
def test_a_file_of_no_use_is_told_of_in_one_line_and_left_aside(
    damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files(tmp_path).write(a_voice("somebody"))
    damage(tmp_path / "somebody.safetensors")
    assert read(tmp_path, "somebody") is None
    (told,) = warnings(caplog)
    assert str(tmp_path / "somebody.safetensors") in told
    assert "\n" not in told


def test_a_folder_that_cannot_be_written_to_costs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = files(tmp_path / "file" / "voices")
    kept.write(a_voice("somebody"))
    kept.write(a_voice("another"))
    (told,) = warnings(caplog)
    assert "each is learned anew after a restart" in told
    assert read(tmp_path / "file" / "voices", "somebody") is None


@contextmanager
def _full_disk() -> Iterator[None]:
    """No file may grow beyond 4 kB: writing one fails half-way, as on a full disk."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_costs_one_warning_and_leaves_no_half_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = files(tmp_path)
    with _full_disk():
        kept.write(a_voice("somebody"))
        kept.write(a_voice("another"))
    assert list(tmp_path.iterdir()) == []
    assert len(warnings(caplog)) == 1
    kept.write(a_voice("somebody"))  # there is room again
    assert read(tmp_path, "somebody") is not None


def test_the_voices_used_last_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.tts.turbo import voice_files

    monkeypatch.setattr(voice_files, "MAX_FILES", 3)
    kept = files(tmp_path)
    for number in range(3):
        kept.write(a_voice(f"{number}"))
        os.utime(tmp_path / f"{number}.safetensors", (number, number))
    (tmp_path / "mine.txt").write_text("not a voice")
    assert read(tmp_path, "0") is not None
    kept.write(a_voice("new"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "0.safetensors",
        "2.safetensors",
        "new.safetensors",
        "mine.txt",
    }


def test_what_a_process_that_died_has_left_is_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "old.unfinished", tmp_path / "new.unfinished"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    files(tmp_path).write(a_voice("somebody"))
    assert not old.exists()
    assert new.exists()  # somebody may be writing it now
