"""A recording as a picture: how loud it is, moment by moment."""

from __future__ import annotations

import numpy as np

from app.engines import Samples

#: Moments of a picture.
MOMENTS = 120


def waveform(sound: Samples, moments: int = MOMENTS) -> tuple[float, ...]:
    """The peak of each of ``moments`` equal parts of ``sound``, the loudest being 1; all 0 for silence."""
    if sound.size < moments:
        sound = np.pad(sound, (0, moments - sound.size))
    edges = np.linspace(0, sound.size, moments, endpoint=False, dtype=np.int64)
    peaks = np.maximum.reduceat(np.abs(sound), edges)
    loudest = float(peaks.max())
    if not loudest:
        return (0.0,) * moments
    return tuple(round(float(peak) / loudest, 3) for peak in peaks)
