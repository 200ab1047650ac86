"""A checkpoint's files are checked before anything is loaded."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engines import EngineError
from app.progress import Progress
from app.tts.checkpoint import VOICE, WEIGHTS, Checkpoint, find_checkpoint


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from safetensors.numpy import save_file

    folder = tmp_path_factory.mktemp("checkpoint")
    for name in WEIGHTS:
        save_file({"weight": np.zeros((10, 10), np.float32), "bias": np.zeros(10, np.float32)}, folder / name)
    torch.save({"t3": {"speaker_emb": torch.zeros(1, 256)}, "gen": {"prompt_feat_len": None}}, folder / VOICE)
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def folder(_small: Path, tmp_path: Path) -> Path:
    """A whole checkpoint of a few small tensors."""
    return Path(shutil.copytree(_small, tmp_path / "checkpoint"))


def test_a_whole_checkpoint_passes(folder: Path) -> None:
    checkpoint = find_checkpoint(str(folder), Progress())
    assert checkpoint.folder == folder
    checkpoint.check_voice()


@pytest.mark.parametrize("name", [*WEIGHTS, VOICE])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(EngineError, match=f"{name} is missing from {folder}"):
        find_checkpoint(str(folder), Progress())


def test_a_missing_tokenizer_is_told(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(EngineError, match=f"tokenizer's files are missing from {folder}"):
        find_checkpoint(str(folder), Progress())


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_cut_off_are_named_with_their_size(name: str, folder: Path) -> None:
    path = folder / name
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(
        EngineError, match=rf"{name} is damaged: it has {whole - 40} bytes and should have {whole}"
    ):
        find_checkpoint(str(folder), Progress())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        b"\2\0\0\0\0\0\0\0[]",
    ],
    ids=["empty", "short", "git-lfs", "no-object"],
)
def test_weights_that_are_something_else_are_named(content: bytes, folder: Path) -> None:
    (folder / WEIGHTS[0]).write_bytes(content)
    with pytest.raises(EngineError, match=rf"{WEIGHTS[0]} \({len(content)} bytes\) is no safetensors file"):
        find_checkpoint(str(folder), Progress())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"There is no folder .*nowhere.*VOX_CHATTERBOX_DIR"):
        find_checkpoint(str(tmp_path / "nowhere"), Progress())


class _Attack:
    """What runs code when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self._path,))


def test_a_voice_that_would_run_code_is_refused_and_runs_none(folder: Path, tmp_path: Path) -> None:
    import torch

    trap = tmp_path / "trap"
    torch.save({"t3": _Attack(trap), "gen": {}}, folder / VOICE)
    with pytest.raises(EngineError, match=r"conds\.pt .* cannot be read as a voice"):
        Checkpoint(folder, "").check_voice()
    (folder / VOICE).write_bytes(pickle.dumps({"t3": _Attack(trap), "gen": {}}, protocol=2))
    with pytest.raises(EngineError, match=r"conds\.pt .* cannot be read as a voice"):
        Checkpoint(folder, "").check_voice()
    assert not trap.exists()


def test_a_damaged_voice_is_named(folder: Path) -> None:
    path = folder / VOICE
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EngineError, match=r"conds\.pt \(200 bytes\) cannot be read"):
        Checkpoint(folder, "").check_voice()
