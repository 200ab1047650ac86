"""Kept sounds one after the other: as a WAV file that is decoded as it is read, or encoded as it leaves."""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from app.keeping import opus

#: Between two messages.
PAUSE_SECONDS = 0.5

_PAUSE = int(PAUSE_SECONDS * opus.RATE)
_HEADER = 44
#: Of a sample.
_BYTES = 2


class JoinedWav(io.RawIOBase):
    """Reads as one WAV file (16-bit, mono, 24 kHz) that holds the sounds of ``files``. It can be read from
    any place, and keeps no more than a piece of them. Raises OSError for a file that cannot be read."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)
        lengths = [opus.length(file) for file in self._files]
        #: Where each sound begins, in samples; the pause after it belongs to it.
        self._begins = [0, *accumulate(length + _PAUSE for length in lengths)][: len(lengths)]
        self._samples = max(0, sum(lengths) + _PAUSE * (len(lengths) - 1))
        self._at = 0
        self._open: tuple[int, Any] | None = None

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return _HEADER + self._samples * _BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, or all; empty at the end only."""
        end = self.size if size < 0 else min(self.size, self._at + size)
        data = b""
        while self._at < end:
            piece = self._piece(end - self._at)
            data += piece
            self._at += len(piece)
        return data

    def close(self) -> None:
        self._leave()
        super().close()

    def _piece(self, most: int) -> bytes:
        """What comes next, at least a byte."""
        if self._at < _HEADER:
            return self._header()[self._at :][:most]
        sample, odd = divmod(self._at - _HEADER, _BYTES)
        count = min(opus.BLOCK, (odd + most + 1) // _BYTES)
        return self._sound(sample, count).tobytes()[odd:][:most]

    def _sound(self, at: int, count: int) -> opus.Pcm:
        """Samples from ``at`` on: at most ``count``, and none beyond the end of a sound or a pause."""
        index = bisect_right(self._begins, at) - 1
        within = at - self._begins[index]
        file = self._opened(index)
        length = file.frames
        if within >= length:
            return np.zeros(min(count, length + _PAUSE - within), np.int16)
        if file.tell() != within:
            file.seek(within)
        sound: opus.Pcm = file.read(min(count, length - within), dtype="int16")
        # Should a file end before it says it does, silence takes the place of the rest.
        return sound if sound.size else np.zeros(min(count, length - within), np.int16)

    def _opened(self, index: int) -> Any:
        if self._open is None or self._open[0] != index:
            self._leave()
            self._open = (index, opus.opened(self._files[index]))
        return self._open[1]

    def _leave(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def _header(self) -> bytes:
        size = self._samples * _BYTES
        form = (1, 1, opus.RATE, opus.RATE * _BYTES, _BYTES, 8 * _BYTES)  # PCM, mono
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI", b"RIFF", size + _HEADER - 8, b"WAVE", b"fmt ", 16, *form, b"data", size
        )


class _Outgoing(io.RawIOBase):
    """A file that is only written to; ``take`` gives out what was."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


def joined_opus(files: Iterable[Path]) -> Iterator[bytes]:
    """One Ogg Opus file with the sounds of ``files``, a piece at a time. Raises OSError."""
    outgoing = _Outgoing()
    for _ in opus.encode(_with_pauses(files), outgoing):
        if data := outgoing.take():
            yield data
    yield outgoing.take()


def _with_pauses(files: Iterable[Path]) -> Iterator[opus.Pcm]:
    for number, file in enumerate(files):
        if number:
            yield np.zeros(_PAUSE, np.int16)
        yield from opus.decode(file)
