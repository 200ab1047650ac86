"""Sound as files of every kind that people have."""

from __future__ import annotations

import io
from typing import Any

import soundfile
import soxr

from tests.sound import Recording

#: Hz of the sound that is given to ``as_file``.
RATE = 24_000
#: Hz of the files: what recorders and browsers write.
FILE_RATE = 48_000

_WITH_SOUNDFILE = {
    "WAV": ("WAV", "PCM_16"),
    "FLAC": ("FLAC", "PCM_16"),
    "MP3": ("MP3", None),
    "Ogg Vorbis": ("OGG", "VORBIS"),
    "Ogg Opus": ("OGG", "OPUS"),
}
_WITH_FFMPEG = {"M4A": ("ipod", "aac"), "WebM": ("webm", "libopus")}

KINDS = (*_WITH_SOUNDFILE, *_WITH_FFMPEG)


def as_file(sound: Recording, kind: str = "WAV") -> bytes:
    """``sound`` (at RATE) as the content of a file of that ``kind``, at FILE_RATE."""
    resampled = soxr.resample(sound, RATE, FILE_RATE)
    file = io.BytesIO()
    if kind in _WITH_SOUNDFILE:
        container, codec = _WITH_SOUNDFILE[kind]
        soundfile.write(file, resampled, FILE_RATE, format=container, subtype=codec)
    else:
        _with_ffmpeg(file, resampled, *_WITH_FFMPEG[kind])
    return file.getvalue()


def _with_ffmpeg(file: io.BytesIO, sound: Recording, container: str, codec: str) -> None:
    import av

    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=FILE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = FILE_RATE
        resampler = av.AudioResampler(stream.format, "mono", FILE_RATE, frame_size=stream.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            output.mux(stream.encode(piece))
