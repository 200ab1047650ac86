"""A Chatterbox Turbo checkpoint on disk: where it comes from, whether it is whole, and which it is.

Checked before loading, so that a missing, cut-off or wrong file is named instead of failing deep
inside torch, and nothing that could run code is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import hub
from app.engines import EngineError
from app.progress import Progress

REPOSITORY = "ResembleAI/chatterbox-turbo"
WEIGHTS = ("t3_turbo_v1.safetensors", "s3gen_meanflow.safetensors", "ve.safetensors")
VOICE = "conds.pt"
PATTERNS = (*WEIGHTS, VOICE, "*.json", "*.txt", "*.model")

#: Sizes as released, in single precision; half-precision weights take half of it and load as well.
_SIZES = {WEIGHTS[0]: "1.9 GB", WEIGHTS[1]: "1.1 GB", WEIGHTS[2]: "5.7 MB", VOICE: "0.2 MB"}
#: The class that loads each file, as torch names it when the weights do not fit.
_LOADED_BY = {"T3": WEIGHTS[0], "S3Token2Wav": WEIGHTS[1], "VoiceEncoder": WEIGHTS[2]}
#: A few tensors of each file by which other models show: Chatterbox's other T3s and its S3Gen
#: without mean flow, a file under another's name.
_KNOWN_TENSORS: dict[str, dict[str, list[int]]] = {
    WEIGHTS[0]: {
        "text_emb.weight": [50_276, 1024],
        "speech_head.weight": [6563, 1024],
        "cond_enc.spkr_enc.weight": [1024, 256],
        "tfmr.wpe.weight": [8196, 1024],
        "tfmr.h.23.mlp.c_proj.weight": [4096, 1024],
    },
    WEIGHTS[1]: {
        "flow.decoder.estimator.time_embed_mixer.weight": [1024, 2048],
        "flow.encoder.encoders.5.feed_forward.w_2.weight": [512, 2048],
        "flow.spk_embed_affine_layer.weight": [80, 192],
    },
    WEIGHTS[2]: {"lstm.weight_ih_l0": [1024, 40], "proj.weight": [256, 256]},
}
_TOKENIZER_JSON = (
    "tokenizer.json",
    "vocab.json",
    "added_tokens.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
)
#: Entries that the text embedding has.
_TEXT_TOKENS = 50_276

#: No header of a safetensors file is longer, in bytes; one that is makes the file something else.
_LONGEST_HEADER = 100_000_000
#: Bytes of each tensor that tell one set of weights from another.
_SAMPLE = 64


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a checkpoint, and what to do about one that is not whole."""

    folder: Path
    remedy: str

    def check_files(self) -> None:
        """Raise EngineError naming a file that is missing, cut off, or another model's."""
        for name in (*WEIGHTS, VOICE):
            if not (self.folder / name).is_file():
                raise EngineError(
                    f"{name} (about {_SIZES[name]}) is missing from {self.folder}. {self.remedy}"
                )
        self._check_tokenizer_files()
        for name in WEIGHTS:
            self._check_weights(self.folder / name)

    def check_voice(self) -> None:
        """Read the built-in voice as plain tensors: what this accepts can run no code, however
        the model's own loader then reads it. Raises EngineError. Imports torch."""
        import torch

        path = self.folder / VOICE
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as problem:  # torch, zipfile and pickle each have errors of their own
            raise EngineError(
                f"{path} ({path.stat().st_size:,} bytes, should be about {_SIZES[VOICE]}) cannot be read "
                f"as a voice: {type(problem).__name__}. {self.remedy}"
            ) from problem
        if not _is_voice(content):
            raise EngineError(
                f"{path} ({path.stat().st_size:,} bytes, should be about {_SIZES[VOICE]}) holds no voice "
                f"for Chatterbox Turbo. {self.remedy}"
            )

    def check_tokenizer(self, tokenizer: Any) -> None:
        """Raise EngineError if the loaded ``tokenizer`` is not the one the weights were trained with."""
        if len(tokenizer) != _TEXT_TOKENS:
            raise EngineError(
                f"The tokenizer in {self.folder} has {len(tokenizer):,} entries; Chatterbox Turbo's has "
                f"{_TEXT_TOKENS:,}. {self.remedy}"
            )

    def misfit(self, problem: Exception) -> EngineError | None:
        """What it means that loading failed with ``problem``: the sentence that names the file
        whose weights do not fit, None for any other problem."""
        found = re.match(r"Error\(s\) in loading state_dict for (\w+):\s*(.*)", str(problem))
        if found is None or found[1] not in _LOADED_BY:
            return None
        return self._wrong_weights(self.folder / _LOADED_BY[found[1]], found[2][:200])

    def version(self) -> str:
        """Tells this model and its built-in voice from any other: 32 hexadecimal digits.

        Made from each tensor's name, shape and a sample of its content, and from all of the
        built-in voice. Takes milliseconds and is the same wherever the folder lies. The
        tokenizer is left out: it has no part in a voice.
        """
        digest = hashlib.sha256((self.folder / VOICE).read_bytes())
        for name in WEIGHTS:
            for sample in _samples(self.folder / name):
                digest.update(sample)
        return digest.hexdigest()[:32]

    def _check_weights(self, path: Path) -> None:
        size, expected_about = path.stat().st_size, _SIZES[path.name]
        try:
            header = _read_header(path)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error):
            raise EngineError(
                f"{path} ({size:,} bytes, should be about {expected_about}) is no safetensors file. "
                f"{self.remedy}"
            ) from None
        if size != header.file_size:
            raise EngineError(
                f"{path} is damaged: it has {size:,} bytes and should have {header.file_size:,}. "
                f"{self.remedy}"
            )
        for name, shape in _KNOWN_TENSORS[path.name].items():
            found = header.tensors.get(name)
            if found is None:
                raise self._wrong_weights(path, f"there is no {name}")
            if found["shape"] != shape:
                raise self._wrong_weights(path, f"{name} has the shape {found['shape']}, not {shape}")

    def _wrong_weights(self, path: Path, difference: str) -> EngineError:
        return EngineError(
            f"{path} ({path.stat().st_size:,} bytes, should be about {_SIZES[path.name]}) holds the weights "
            f"of another model ({difference}). {self.remedy}"
        )

    def _check_tokenizer_files(self) -> None:
        there = {path.name for path in self.folder.iterdir() if path.is_file()}
        if "tokenizer.json" not in there and not {"vocab.json", "merges.txt"} <= there:
            raise EngineError(
                f"The tokenizer's files are missing from {self.folder}: vocab.json (1 MB) and merges.txt "
                f"(0.5 MB), or tokenizer.json in their place. {self.remedy}"
            )
        for path in (self.folder / name for name in _TOKENIZER_JSON if name in there):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                raise EngineError(
                    f"{path} ({path.stat().st_size:,} bytes) is damaged: it is no JSON. {self.remedy}"
                ) from None


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


def _is_voice(content: Any) -> bool:
    """Whether ``content`` holds what every voice has, in its shapes."""
    try:
        heard, spoken = content["t3"], content["gen"]
        return bool(
            heard["speaker_emb"].numel() == 256
            and heard["cond_prompt_speech_tokens"].ndim == spoken["prompt_token"].ndim == 2
            and spoken["prompt_feat"].shape[2] == 80
            and spoken["embedding"].numel() == 192
        )
    except (KeyError, TypeError, AttributeError, IndexError):
        return False


@dataclass(frozen=True)
class _Header:
    """The header of a safetensors file."""

    tensors: dict[str, Any]
    #: Where the tensors' data begins, in bytes.
    data_start: int
    #: Bytes that the whole file should have.
    file_size: int


def _read_header(path: Path) -> _Header:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST_HEADER:
            raise ValueError("the header is too long")
        tensors = json.loads(file.read(length))
    tensors.pop("__metadata__", None)
    data_size = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
    return _Header(tensors, 8 + int(length), 8 + int(length) + data_size)


def _samples(path: Path) -> Iterator[bytes]:
    """The header of the weights at ``path``, and the bytes in the middle of every tensor."""
    header = _read_header(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content[: header.data_start]
        for entry in header.tensors.values():
            start, end = entry["data_offsets"]
            middle = header.data_start + max(start, (start + end - _SAMPLE) // 2)
            yield content[middle : min(middle + _SAMPLE, header.data_start + end)]
