"""The sound of a phrase on its way to the listener, piece by piece, at the rate of the wire."""

from __future__ import annotations

import soxr

from app.conversation.config import OUTPUT_RATE
from app.engines import Samples


class PhraseResampler:
    """From ``rate`` Hz to OUTPUT_RATE, for one phrase: the seams between its pieces cannot be heard."""

    def __init__(self, rate: int) -> None:
        self._stream = None if rate == OUTPUT_RATE else soxr.ResampleStream(rate, OUTPUT_RATE, 1, "float32")

    def take(self, piece: Samples, *, is_last: bool) -> Samples:
        """What can be told of ``piece`` and those before it; with the last, all that is left."""
        if self._stream is None:
            return piece
        resampled: Samples = self._stream.resample_chunk(piece, last=is_last)
        return resampled
