"""A phrase's sound on its way to the wire's rate, in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from app.conversation.resampling import PhraseResampler
from app.engines import Samples


def resampled(sound: Samples, rate: int, sizes: list[int]) -> Samples:
    resampler = PhraseResampler(rate)
    pieces = np.split(sound, np.cumsum(sizes))
    taken = [resampler.take(piece, is_last=False) for piece in pieces]
    return np.concatenate([*taken, resampler.take(np.zeros(0, np.float32), is_last=True)])


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_seams_cannot_be_heard(rate: int) -> None:
    sound = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    whole = resampled(sound, rate, [])
    in_pieces = resampled(sound, rate, [1, 8_000, 0, 777])
    assert whole.size == in_pieces.size == pytest.approx(24_000, abs=2)
    assert np.allclose(whole, in_pieces, atol=1e-5)
    expected = np.sin(2 * np.pi * 440 * np.arange(whole.size) / 24_000)
    assert np.allclose(whole[500:-500], expected[500:-500], atol=1e-3)
