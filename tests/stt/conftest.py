"""The pack's voice, to be heard, and the pack's Whisper, to hear it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
import soxr

from app.engines import TRANSCRIBER_RATE, Samples
from app.offline_pack import piper_voice, whisper_model
from app.progress import Progress
from app.stt.whisper import WhisperTranscriber

#: ``say(text)``: the voice saying it, at 16 kHz; the same every time.
Say = Callable[[str], Samples]


@pytest.fixture(scope="session")
def say() -> Say:
    files = piper_voice()
    if files is None:
        pytest.skip("the offline pack is not installed")
    from piper import PiperVoice, SynthesisConfig

    voice = PiperVoice.load(*map(str, files))
    without_chance = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)

    @cache
    def speak(text: str) -> Samples:
        chunks = voice.synthesize(text, without_chance)
        sound = np.concatenate([chunk.audio_float_array for chunk in chunks])
        return np.asarray(soxr.resample(sound, voice.config.sample_rate, TRANSCRIBER_RATE), dtype=np.float32)

    return speak


@pytest.fixture(scope="session")
def ears() -> Iterator[WhisperTranscriber]:
    """The pack's Whisper tiny.en, loaded."""
    folder = whisper_model()
    if folder is None:
        pytest.skip("the offline pack is not installed")
    transcriber = WhisperTranscriber(folder, "tiny.en")
    transcriber.load(Progress())
    yield transcriber
    transcriber.unload()
