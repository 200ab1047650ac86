"""PCM as it comes in from a client, resampled for the transcriber.

FFmpeg's resampler is 1 ms behind what it was given; soxr, whose filters are longer, holds back 20 to
36 ms, by which every end of a turn and every interruption would be noticed later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

if TYPE_CHECKING:
    import numpy.typing as npt
    from av import AudioFrame, AudioResampler

#: Sample rates, in Hz, that audio may come in with.
INPUT_RATES = range(8_000, 192_001)

BYTES_PER_SAMPLE = 2

_SCALE = np.float32(1 / 32_768)


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
        self._rate = rate
        self._resampler = _resampler() if rate != TRANSCRIBER_RATE else None
        self._odd_byte = b""

    @property
    def ends_inside_a_sample(self) -> bool:
        """Whether one byte of the last sample has come and the other has not."""
        return bool(self._odd_byte)

    def feed(self, pcm: bytes) -> Samples:
        """The samples that the next bytes make; they may end in the middle of one."""
        if self._odd_byte or len(pcm) % BYTES_PER_SAMPLE:
            pcm = self._odd_byte + pcm
            whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE
            pcm, self._odd_byte = pcm[:whole], pcm[whole:]
        samples = np.frombuffer(pcm, dtype="<i2")
        if self._resampler is None:
            return np.multiply(samples, _SCALE, dtype=np.float32)
        return _resampled(self._resampler, _frame(samples, self._rate)) if pcm else _NOTHING

    def rest(self) -> Samples:
        """The samples that were held back for those to come. Nothing can be fed afterwards."""
        return _resampled(self._resampler, None) if self._resampler else _NOTHING


_NOTHING: Samples = np.empty(0, dtype=np.float32)


def _resampler() -> AudioResampler:
    from av import AudioResampler

    return AudioResampler(format="flt", layout="mono", rate=TRANSCRIBER_RATE)


def _frame(samples: npt.NDArray[np.int16], rate: int) -> AudioFrame:
    from av import AudioFrame

    native = samples.astype(np.int16, copy=False)
    frame = AudioFrame.from_ndarray(native[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> Samples:
    """The samples that come with ``frame``, or those left at the end."""
    pieces = [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    return np.concatenate([_NOTHING, *pieces])
