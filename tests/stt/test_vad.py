"""Voice activity: speech is found, quiet or in noise; what is not speech is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.engines import TRANSCRIBER_RATE, Samples
from app.stt.vad import has_speech, speech_spans
from tests.stt.conftest import Say
from tests.stt.noises import NOISES, noisy, pink, white

SENTENCE = "What is the capital of France, and how far is it from here?"
WORDS = ["Yes.", "No.", "Stop.", "Why?", "Okay.", "Thank you."]


def pause(seconds: float) -> Samples:
    return np.zeros(int(seconds * TRANSCRIBER_RATE), dtype=np.float32)


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("gain", [0.05, 1.0])
def test_nobody_speaks_in(name: str, gain: float) -> None:
    assert speech_spans(NOISES[name]() * np.float32(gain)) == []


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513])
def test_hardly_any_audio_holds_no_speech(size: int) -> None:
    assert not has_speech(white(512)[:size] if size <= 512 else np.zeros(size, dtype=np.float32))


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_speech_is_found_however_quiet(say: Say, gain: float) -> None:
    audio = np.concatenate([pause(1), say(SENTENCE), pause(1)]) * np.float32(gain)
    spans = speech_spans(audio)
    assert spans[0][0] == pytest.approx(TRANSCRIBER_RATE, abs=0.35 * TRANSCRIBER_RATE)
    assert spans[-1][1] == pytest.approx(audio.size - TRANSCRIBER_RATE, abs=0.5 * TRANSCRIBER_RATE)


@pytest.mark.parametrize("noise", [white, pink])
@pytest.mark.parametrize("decibels", [15, 10])
def test_speech_is_found_in_noise(say: Say, noise: Callable[[int], Samples], decibels: float) -> None:
    audio = np.concatenate([pause(0.5), say(SENTENCE), pause(0.5)])
    found = sum(end - start for start, end in speech_spans(noisy(audio, noise, decibels)))
    assert found > 0.6 * say(SENTENCE).size


@pytest.mark.parametrize("word", WORDS)
def test_one_short_word_is_speech(say: Say, word: str) -> None:
    for audio in (say(word), np.concatenate([pause(1), say(word), pause(1)])):
        assert has_speech(audio)
        assert has_speech(audio * np.float32(0.05))
    assert has_speech(noisy(np.concatenate([pause(0.3), say(word), pause(0.3)]), white, 15))


def test_a_long_pause_parts_two_spans(say: Say) -> None:
    first = say("Good morning to you.")
    spans = speech_spans(np.concatenate([first, pause(2), say("How are you today?")]))
    assert len(spans) == 2
    assert spans[0][1] <= first.size + 0.4 * TRANSCRIBER_RATE
    assert spans[1][0] >= first.size + 1.5 * TRANSCRIBER_RATE


def test_speech_without_end_is_cut(say: Say) -> None:
    text = " ".join(["He lived alone on a hill near the sea and every night he lit a small lamp"] * 3)
    spans = speech_spans(say(text), max_seconds=4)
    assert len(spans) > 2
    assert all(end - start <= 4 * TRANSCRIBER_RATE for start, end in spans)
    assert sum(end - start for start, end in spans) > 0.8 * say(text).size
