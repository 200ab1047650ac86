"""Voices of the library, spoken by Chatterbox: its own classes, with random weights."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from app.engines import EngineError, Samples
from app.models import Model, Models
from app.tts import generate_tts_wav
from app.tts.chatterbox import BUILT_IN, ChatterboxSynthesizer
from app.voices.intake import Intake
from app.voices.library import LEARNED, VoiceLibrary
from app.voices.record import RATE
from tests.tts.conftest import MakeRecording

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

PHRASE = "Hello there, my friend."


@pytest.fixture
def library(
    chatterbox: ChatterboxSynthesizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> VoiceLibrary:
    """A library that the engine, which all tests share, speaks from for the time of one test."""
    from app.tts.turbo.reference import RECIPE
    from app.tts.turbo.voice_files import VoiceFiles

    library = VoiceLibrary(tmp_path / "voices")
    model = chatterbox._model
    assert model is not None
    files = VoiceFiles(tmp_path / "voices" / LEARNED, model.voices._version, RECIPE)
    monkeypatch.setattr(chatterbox, "_library", library)
    monkeypatch.setattr(model.voices, "_files", files)
    monkeypatch.setattr(chatterbox, "default_voice", "")
    none: Any = None
    speaking: Model[Any] = Model("tts", lambda _: chatterbox)
    monkeypatch.setattr("app.assembly.shared_models", lambda: Models(none, none, speaking))
    return library


def say(engine: ChatterboxSynthesizer, voice: str) -> Samples:
    """The phrase, with the same chance each time."""
    model = engine._model
    assert model is not None
    known = engine._voice_of(model, voice, threading.Event())
    assert known is not None
    samples = model.say(PHRASE, known, threading.Event(), lambda _: None, 0).samples
    assert samples is not None
    return samples


def test_a_library_voice_is_spoken_learned_once_and_forgotten_when_deleted(
    chatterbox: ChatterboxSynthesizer, library: VoiceLibrary, make_recording: MakeRecording
) -> None:
    before = say(chatterbox, BUILT_IN)
    sound, rate = soundfile.read(make_recording(5.2), dtype="float32")
    anna = library.add("Anna", Intake(soxr.resample(sound, rate, RATE), 5.2, ""))
    ben = library.add("Ben", Intake(soxr.resample(sound[::-1], rate, RATE), 5.2, ""))
    assert set(chatterbox.voices) == {BUILT_IN, anna.id, ben.id}
    assert library.learned(anna) is None

    # As a program asks for it; the conversation goes the same way from there.
    assert soundfile.read(io.BytesIO(generate_tts_wav(PHRASE, anna.id)))[0].size > 0
    learned = library.learned(anna)
    assert learned is not None
    assert learned.seconds is not None
    assert learned.seconds > 0
    assert library.learned(ben) is None

    # Nobody's voice has become another's.
    as_anna = say(chatterbox, anna.id)
    np.testing.assert_array_equal(say(chatterbox, BUILT_IN), before)
    assert as_anna.shape != before.shape or not np.allclose(as_anna, before)

    # The default voice may change at any time; one that is deleted gives way to the built-in one.
    chatterbox.default_voice = anna.id
    assert chatterbox._usual_voice() == anna.id
    library.delete(anna.id)
    assert library.learned(anna) is None
    assert chatterbox._usual_voice() == BUILT_IN
    with pytest.raises(EngineError, match=f"There is no voice '{anna.id}'"):
        list(chatterbox.synthesize(PHRASE, anna.id, threading.Event()))
