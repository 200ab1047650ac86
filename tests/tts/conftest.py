"""Voices for the tests: the pack's Piper, and Chatterbox's own classes with random weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.assembly import assemble
from app.models import Models
from app.progress import Progress
from app.settings import Settings
from app.tts.chatterbox import ChatterboxSynthesizer
from app.tts.piper import PiperSynthesizer
from tests.checkpoints import shared_checkpoint

#: A recording of so many seconds, saved as a WAV file.
MakeRecording = Callable[[float], Path]


class CountedStop:
    """A stop that counts how often it is looked at, and is set from the look ``set_at`` on."""

    def __init__(self, set_at: int | None = None) -> None:
        self.looks = 0
        self._set_at = set_at

    def is_set(self) -> bool:
        self.looks += 1
        return self._set_at is not None and self.looks >= self._set_at


@pytest.fixture(scope="session")
def piper() -> Iterator[PiperSynthesizer]:
    """The pack's voice, loaded."""
    synthesizer = PiperSynthesizer()
    synthesizer.load(Progress())
    yield synthesizer
    synthesizer.unload()


@pytest.fixture(scope="session")
def _voice() -> Iterator[Models]:
    models = assemble(Settings(tts="piper", offline=True))
    yield models
    models.tts.unload()


@pytest.fixture
def voice_of_the_pack(_voice: Models, monkeypatch: pytest.MonkeyPatch) -> Models:
    """``generate_tts_wav`` and ``stream_tts`` speak with Piper, loaded once for all tests."""
    monkeypatch.setattr("app.assembly.shared_models", lambda: _voice)
    return _voice


@pytest.fixture(scope="session")
def make_recording(piper: PiperSynthesizer, tmp_path_factory: pytest.TempPathFactory) -> MakeRecording:
    """``make_recording(seconds)``: the path of a WAV file with a person speaking that long."""
    import soundfile

    folder = tmp_path_factory.mktemp("recordings")
    text = "Somebody talks for a while here, so that there is a voice to learn from."
    spoken = np.concatenate(list(piper.synthesize(text, None, threading.Event())))

    def make(seconds: float) -> Path:
        path = folder / f"{seconds}.wav"
        length = round(seconds * piper.sample_rate)
        soundfile.write(path, np.resize(spoken, length), piper.sample_rate)
        return path

    return make


@pytest.fixture(scope="session")
def chatterbox() -> Iterator[ChatterboxSynthesizer]:
    """Chatterbox Turbo with random weights, loaded."""
    import torch

    # Other programs' work would make two threads wait for each other on a small machine.
    torch.set_num_threads(1)
    synthesizer = ChatterboxSynthesizer(str(shared_checkpoint()))
    synthesizer.load(Progress())
    yield synthesizer
    synthesizer.unload()
