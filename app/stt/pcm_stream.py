"""PCM as it comes in from a client, resampled for the transcriber."""

from __future__ import annotations

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

#: Sample rates, in Hz, that audio may come in with.
INPUT_RATES = range(8_000, 192_001)

BYTES_PER_SAMPLE = 2


class PcmStream:
    """16-bit little-endian mono PCM at ``rate`` Hz to samples at 16 kHz, as it arrives. Not safe to
    share between threads.

    Raises ValueError for a rate outside ``INPUT_RATES``.
    """

    def __init__(self, rate: int) -> None:
        if rate not in INPUT_RATES:
            raise ValueError(
                f"A sample rate of {rate} Hz cannot be used; it may be {INPUT_RATES[0]} to {INPUT_RATES[-1]}."
            )
        import soxr

        self._resampler = soxr.ResampleStream(rate, TRANSCRIBER_RATE, 1, dtype="float32")
        self._odd_byte = b""

    @property
    def ends_inside_a_sample(self) -> bool:
        """Whether one byte of the last sample has come and the other has not."""
        return bool(self._odd_byte)

    def feed(self, pcm: bytes) -> Samples:
        """The samples that the next bytes make; they may end in the middle of one."""
        pcm = self._odd_byte + pcm
        whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
        self._odd_byte = pcm[whole:]
        samples = np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float32) / 32_768
        resampled: Samples = self._resampler.resample_chunk(samples)
        return resampled

    def rest(self) -> Samples:
        """The samples that were held back for those to come. Nothing can be fed afterwards."""
        resampled: Samples = self._resampler.resample_chunk(np.empty(0, dtype=np.float32), last=True)
        return resampled
