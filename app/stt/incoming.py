"""One utterance while it is being received: PCM in, 16 kHz samples out."""

from __future__ import annotations

import numpy as np

from app.engines import Samples
from app.stt.pcm_stream import BYTES_PER_SAMPLE, PcmStream


class UtteranceTooLong(Exception):
    """More was said than one utterance may hold; the message is a sentence for the person."""


class IncompleteSample(ValueError):
    """The bytes of an utterance end in the middle of a sample; the message is a sentence for the
    person."""


class IncomingAudio:
    """Receives 16-bit little-endian mono PCM at ``rate`` Hz and resamples it as it arrives, so
    that little is left to do once the utterance is whole. Not safe to share between threads.

    Raises ValueError for a rate outside ``INPUT_RATES``.
    """

    def __init__(self, rate: int, max_seconds: float) -> None:
        self._rate = rate
        self._max_seconds = max_seconds
        self.clear()

    @property
    def seconds(self) -> float:
        """How much has been received."""
        return self._received / (self._rate * BYTES_PER_SAMPLE)

    def append(self, pcm: bytes) -> None:
        """Take the next bytes; they may end in the middle of a sample.

        Raises UtteranceTooLong when they go beyond ``max_seconds``. What fits has been taken
        then, and can still be had.
        """
        room = max(0, int(self._max_seconds * self._rate) * BYTES_PER_SAMPLE - self._received)
        self._pieces.append(self._stream.feed(pcm[:room]))
        self._received += len(pcm[:room])
        if len(pcm) > room:
            raise UtteranceTooLong(
                f"An utterance may be {self._max_seconds:g} seconds long. What came after that was not kept."
            )

    def samples(self) -> Samples:
        """The whole utterance at 16 kHz, and a fresh start for the next one.

        Raises IncompleteSample when the last sample has only one of its two bytes.
        """
        if self._stream.ends_inside_a_sample:
            raise IncompleteSample(
                "The audio has an odd number of bytes, so its last 16-bit sample is incomplete."
            )
        utterance: Samples = np.concatenate([*self._pieces, self._stream.rest()])
        self.clear()
        return utterance

    def clear(self) -> None:
        """Forget what has been received."""
        self._stream = PcmStream(self._rate)
        self._pieces: list[Samples] = []
        self._received = 0
