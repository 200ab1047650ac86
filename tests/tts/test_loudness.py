"""How loud a voice is."""

from __future__ import annotations

import numpy as np
import pytest

from app.tts.loudness import LEVEL, gain_for, limited


@pytest.mark.parametrize("amplitude", [0.05, 0.2, 0.9])
def test_faint_and_loud_voices_come_out_alike(amplitude: float) -> None:
    voice = amplitude * np.sin(np.arange(24_000) / 10).astype(np.float32)
    voice[:12_000] = 0.001  # pauses do not count
    told = voice * gain_for(voice)
    assert float(np.sqrt(np.mean(told[12_000:] ** 2))) == pytest.approx(LEVEL, rel=0.1)


def test_silence_is_left_alone() -> None:
    assert gain_for(np.zeros(100, np.float32)) == 1.0


def test_what_is_too_loud_is_bent_and_not_cut_off() -> None:
    given = np.linspace(-2, 2, 1001, dtype=np.float32)
    told = limited(given)
    assert told.dtype == np.float32
    assert float(np.abs(told).max()) <= 1.0
    assert np.all(np.diff(told) >= 0)
    quiet = np.abs(given) <= 0.8
    assert np.array_equal(told[quiet], given[quiet])
