"""A checkpoint's files are checked before anything is loaded."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engines import EngineError
from app.progress import Progress
from app.tts.checkpoint import VOICE, WEIGHTS, Checkpoint, find_checkpoint
from app.tts.turbo import import_turbo

#: What the released files hold, in part: names and shapes by which the model is known.
SHAPES = {
    WEIGHTS[0]: {
        "text_emb.weight": (50_276, 1024),
        "speech_head.weight": (6563, 1024),
        "cond_enc.spkr_enc.weight": (1024, 256),
        "tfmr.wpe.weight": (8196, 1024),
        "tfmr.h.23.mlp.c_proj.weight": (4096, 1024),
    },
    WEIGHTS[1]: {
        "flow.decoder.estimator.time_embed_mixer.weight": (1024, 2048),
        "flow.encoder.encoders.5.feed_forward.w_2.weight": (512, 2048),
        "flow.spk_embed_affine_layer.weight": (80, 192),
    },
    WEIGHTS[2]: {"lstm.weight_ih_l0": (1024, 40), "proj.weight": (256, 256)},
}


def save_weights(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """A safetensors file of zeros that takes no room on the disk."""
    header, size = {}, 0
    for name, shape in shapes.items():
        end = size + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [size, end]}
        size = end
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + size)


def save_voice(path: Path, **changes: Any) -> None:
    import torch

    spoken = {
        "prompt_token": torch.zeros(1, 5, dtype=torch.int64),
        "prompt_feat": torch.zeros(1, 10, 80),
        "embedding": torch.zeros(1, 192),
    }
    heard = {
        "speaker_emb": torch.zeros(1, 256),
        "cond_prompt_speech_tokens": torch.zeros(1, 5, dtype=torch.int64),
    }
    torch.save({"t3": heard, "gen": spoken | changes}, path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole checkpoint, as far as it is looked at before it is loaded."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name, shapes in SHAPES.items():
        save_weights(folder / name, shapes)
    save_voice(folder / VOICE)
    for name in ("vocab.json", "tokenizer_config.json"):
        (folder / name).write_text("{}")
    (folder / "merges.txt").write_text("")
    return folder


def test_a_whole_checkpoint_passes(folder: Path) -> None:
    checkpoint = find_checkpoint(str(folder), Progress())
    assert checkpoint.folder == folder
    checkpoint.check_voice()


@pytest.mark.parametrize("name", [*WEIGHTS, VOICE])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(EngineError, match=rf"{name} \(about [\d.]+ [GM]B\) is missing from {folder}"):
        find_checkpoint(str(folder), Progress())


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_a_missing_tokenizer_is_told(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(
        EngineError, match=rf"tokenizer's files are missing from {folder}: vocab.json \(1 MB\)"
    ):
        find_checkpoint(str(folder), Progress())
    (folder / "tokenizer.json").write_text("{}")  # holds what both do
    find_checkpoint(str(folder), Progress())


@pytest.mark.parametrize("name", ["vocab.json", "tokenizer_config.json"])
def test_a_cut_off_tokenizer_is_named(name: str, folder: Path) -> None:
    (folder / name).write_text('{"Hello": 1, "the')
    with pytest.raises(EngineError, match=rf"{name} \(17 bytes\) is damaged"):
        find_checkpoint(str(folder), Progress())


def test_another_models_tokenizer_is_told(folder: Path) -> None:
    Checkpoint(folder, "").check_tokenizer(range(50_276))
    with pytest.raises(EngineError, match=r"has 50,257 entries; Chatterbox Turbo's has 50,276. Get it."):
        Checkpoint(folder, "Get it.").check_tokenizer(range(50_257))


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_cut_off_are_named_with_their_size(name: str, folder: Path) -> None:
    path = folder / name
    whole = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(whole - 40)
    with pytest.raises(
        EngineError, match=rf"{name} is damaged: it has {whole - 40:,} bytes and should have {whole:,}"
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
    with pytest.raises(EngineError, match=rf"{WEIGHTS[0]} \({len(content)} bytes, .* 1.9 GB\) is no safeten"):
        find_checkpoint(str(folder), Progress())


@pytest.mark.parametrize("name", WEIGHTS)
def test_another_models_weights_are_named_with_the_size_they_should_have(name: str, folder: Path) -> None:
    other = WEIGHTS[WEIGHTS.index(name) - 1]
    (folder / name).unlink()
    shutil.copy(folder / other, folder / name)
    with pytest.raises(
        EngineError, match=rf"{name} \(.* should be about .*\) holds .* another model \(there is no"
    ):
        find_checkpoint(str(folder), Progress())


def test_weights_of_another_size_are_named_with_what_differs(folder: Path) -> None:
    save_weights(folder / WEIGHTS[0], SHAPES[WEIGHTS[0]] | {"text_emb.weight": (704, 1024)})
    with pytest.raises(
        EngineError, match=r"text_emb\.weight has the shape \[704, 1024\], not \[50276, 1024\]"
    ):
        find_checkpoint(str(folder), Progress())


@pytest.mark.heavy
def test_weights_that_do_not_fit_when_they_are_loaded_are_named(folder: Path) -> None:
    import torch

    import_turbo()
    from chatterbox.models.voice_encoder import VoiceEncoder

    checkpoint = Checkpoint(folder, "Get it.")
    with pytest.raises(RuntimeError) as caught:
        VoiceEncoder().load_state_dict({"proj.weight": torch.zeros(256, 256)})
    said = str(checkpoint.misfit(caught.value))
    assert said.startswith(f"{folder / WEIGHTS[2]} (")
    assert "holds the weights of another model (Missing key(s) in state_dict" in said
    assert said.endswith("Get it.")
    assert "\n" not in said
    assert checkpoint.misfit(RuntimeError("something else")) is None


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
    with pytest.raises(EngineError, match=r"conds\.pt \(200 bytes, .* 0.2 MB\) cannot be read"):
        Checkpoint(folder, "").check_voice()


@pytest.mark.parametrize("changes", [{"embedding": None}, {"prompt_feat": [1]}], ids=["missing", "other"])
def test_a_voice_for_another_model_is_named(changes: dict[str, Any], folder: Path) -> None:
    save_voice(folder / VOICE, **changes)
    with pytest.raises(EngineError, match=r"conds\.pt \(.*\) holds no voice for Chatterbox Turbo"):
        Checkpoint(folder, "").check_voice()


def test_the_version_is_the_same_wherever_the_checkpoint_lies(folder: Path, tmp_path: Path) -> None:
    version = Checkpoint(folder, "").version()
    assert len(version) == 32
    moved = folder.rename(tmp_path / "moved")
    assert Checkpoint(moved, "").version() == version


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_other_weights_of_the_same_shapes_are_another_version(name: str, which: int, folder: Path) -> None:
    before = Checkpoint(folder, "").version()
    path = folder / name
    *_, (tensor, shape) = [list(SHAPES[name].items())[which]]
    with path.open("r+b") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        start, end = json.loads(file.read(length))[tensor]["data_offsets"]
        file.seek(8 + length + start)
        file.write(np.full(shape, 0.5, np.float16).tobytes())
        assert file.tell() == 8 + length + end
    assert Checkpoint(folder, "").version() != before


def test_another_built_in_voice_is_another_version(folder: Path) -> None:
    import torch

    before = Checkpoint(folder, "").version()
    save_voice(folder / VOICE, embedding=torch.ones(1, 192))
    assert Checkpoint(folder, "").version() != before
