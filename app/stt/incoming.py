"""One utterance while it is being received: PCM in, 16 kHz samples out."""

from __future__ import annotations

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

#: Sample rates, in Hz, that audio may come in with.
INPUT_RATES = range(8_000, 192_001)

_BYTES_PER_SAMPLE = 2


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
        if rate not in INPUT_RATES:
            raise ValueError(
                f"A sample rate of {rate} Hz cannot be used; it may be {INPUT_RATES[0]} to {INPUT_RATES[-1]}."
            )
        self._rate = rate
        self._max_seconds = max_seconds
        self._odd_byte = b""
        self.clear()

    @property
    def seconds(self) -> float:
        """How much has been received."""
        return self._received / self._rate

    def append(self, pcm: bytes) -> None:
        """Take the next bytes; they may end in the middle of a sample.

        Raises UtteranceTooLong when they go beyond ``max_seconds``. What fits has been taken
        then, and can still be had.
        """
        pcm = self._odd_byte + pcm
        whole = len(pcm) - len(pcm) % _BYTES_PER_SAMPLE
        room = int(self._max_seconds * self._rate) - self._received
        too_long = whole // _BYTES_PER_SAMPLE > room
        self._odd_byte = b"" if too_long else pcm[whole:]
        self._take(np.frombuffer(pcm[:whole], dtype="<i2")[: max(room, 0)])
        if too_long:
            raise UtteranceTooLong(
                f"An utterance may be {self._max_seconds:g} seconds long. What came after that was not kept."
            )

    def samples(self) -> Samples:
        """The whole utterance at 16 kHz, and a fresh start for the next one.

        Raises IncompleteSample when the last sample has only one of its two bytes.
        """
        if self._odd_byte:
            raise IncompleteSample(
                "The audio has an odd number of bytes, so its last 16-bit sample is incomplete."
            )
        rest = self._resampler.resample_chunk(np.empty(0, dtype=np.float32), last=True)
        utterance: Samples = np.concatenate([*self._pieces, rest])
        self.clear()
        return utterance

    def clear(self) -> None:
        """Forget what has been received."""
        import soxr

        self._resampler = soxr.ResampleStream(self._rate, TRANSCRIBER_RATE, 1, dtype="float32")
        self._pieces: list[Samples] = []
        self._received = 0
        self._odd_byte = b""

    def _take(self, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> None:
        if samples.size:
            self._received += samples.size
            self._pieces.append(self._resampler.resample_chunk(samples.astype(np.float32) / 32_768))
