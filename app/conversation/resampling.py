"""The sound of a phrase on its way to the listener, piece by piece, at the rate of the wire."""

from __future__ import annotations

import numpy as np
from av import AudioFrame, AudioResampler

from app.conversation.config import OUTPUT_RATE
from app.engines import Samples

_NOTHING: Samples = np.empty(0, dtype=np.float32)


class PhraseResampler:
    """From ``rate`` Hz to OUTPUT_RATE, for one phrase: the seams between its pieces cannot be heard.

    FFmpeg's holds back 1 ms; soxr, whose filters are longer, would delay a reply's first sound by 20 or more.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._stream = (
            None if rate == OUTPUT_RATE else AudioResampler(format="flt", layout="mono", rate=OUTPUT_RATE)
        )

    def take(self, piece: Samples, *, is_last: bool) -> Samples:
        """What can be told of ``piece`` and those before it; with the last, all that is left."""
        if self._stream is None:
            return piece
        frames: list[AudioFrame] = []
        if piece.size:
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(piece, np.float32)[np.newaxis], format="flt", layout="mono"
            )
            frame.sample_rate = self._rate
            frames += self._stream.resample(frame)
        if is_last:
            frames += self._stream.resample(None)
        return np.concatenate([_NOTHING, *(frame.to_ndarray()[0] for frame in frames)])
