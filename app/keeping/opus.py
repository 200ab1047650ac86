"""Sound as Opus in Ogg files: why this, docs/decisions/0012-keeping.md."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import soxr

from app.engines import Samples

#: Hz of everything that is kept.
RATE = 24_000
#: Bits a second: speech sounds as it did.
BIT_RATE = 32_000
#: What the files are called in records.
FORMAT = "opus"

#: Samples decoded or encoded at a time.
BLOCK = RATE

Pcm = npt.NDArray[np.int16]


def pcm(sound: Iterable[Samples], rate: int) -> Pcm:
    """``sound`` at ``rate`` Hz as 16-bit samples at RATE."""
    samples = np.concatenate([np.zeros(0, np.float32), *sound])
    if rate != RATE and samples.size:
        samples = soxr.resample(samples, rate, RATE)
    clipped: Pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    return clipped


def whole(blocks: Iterable[Pcm]) -> Pcm:
    return np.concatenate([np.zeros(0, np.int16), *blocks])


def encode(blocks: Iterable[Pcm], file: IO[bytes] | io.RawIOBase | str) -> Iterator[None]:
    """Write ``blocks`` (RATE) as Ogg Opus, a block whenever it is asked to go on. ``file`` is a path, or
    is only written to. Raises OSError."""
    import av

    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = BIT_RATE
        done = 0
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, done
            done += block.size
            container.mux(stream.encode(frame))
            yield
        container.mux(stream.encode(None))


def opened(path: Path) -> Any:
    """The ``soundfile.SoundFile`` of a file that ``encode`` wrote. Raises OSError."""
    import soundfile

    try:
        return soundfile.SoundFile(path)
    except soundfile.LibsndfileError as problem:
        raise OSError(f"{path} cannot be read: {problem}") from problem


def length(path: Path) -> int:
    """Samples in a file that ``encode`` wrote. Raises OSError."""
    with opened(path) as file:
        return int(file.frames)


def decode(path: Path) -> Iterator[Pcm]:
    """The sound of a file that ``encode`` wrote, a second at a time. Raises OSError."""
    with opened(path) as file:
        while (block := file.read(BLOCK, dtype="int16")).size:
            yield block
