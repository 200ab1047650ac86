"""The safe door for recordings in a file format: WAV, FLAC, MP3, Ogg, M4A, WebM.

Only bytes are opened, never a name or address that stands in them, and only by the formats listed
here: FFmpeg's others include playlists, which would make it open files and URLs. The length is
bounded while decoding, because a few megabytes can hold hours of silence.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples
from app.stt.pcm_stream import INPUT_RATES

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

#: FFmpeg's names of the formats that are opened.
_FORMATS = "wav,flac,mp3,ogg,mov,matroska,aac"
#: Those of them that state a length which can be relied on.
_STATE_LENGTH = ("flac", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
_MAX_CHANNELS = 8

#: A WAV that was written as a stream states this length or more, or 0, for want of the true one.
_UNKNOWN_WAV_LENGTH = 0x7FFF_0000


class BadRecording(ValueError):
    """A recording cannot be used; the message is a sentence for the person that says why."""


_UNREADABLE = (
    "This cannot be read as a recording: it is damaged, cut off, or of another kind. "
    "WAV, FLAC, MP3, Ogg, M4A and WebM can be read."
)


def decode_recording(data: bytes, max_seconds: float, rate: int = TRANSCRIBER_RATE) -> Samples:
    """The sound of the file ``data``, mixed to mono, at ``rate`` Hz.

    Raises BadRecording for what is no recording, has no sound, is longer than ``max_seconds``, or
    breaks off before the length that it states (MP3 and Ogg state none that can be relied on).
    """
    import av

    if not data:
        raise BadRecording("The recording is empty. Record something first.")
    try:
        with av.open(
            io.BytesIO(data),
            mode="r",
            metadata_errors="ignore",
            container_options={"format_whitelist": _FORMATS, "protocol_whitelist": ""},
        ) as container:
            pieces = list(_resampled(_frames(container, max_seconds), rate))
            sound = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.float32)
            _check_length(data, container, sound.size / rate)
            return np.clip(sound, -1.0, 1.0)  # mixing to mono may go beyond
    except BadRecording:
        raise
    except (av.FFmpegError, ValueError, IndexError) as problem:
        raise BadRecording(_UNREADABLE) from problem


def _frames(container: InputContainer, max_seconds: float) -> Iterator[AudioFrame]:
    """The decoded frames of the first sound track, until there are too many of them."""
    if not container.streams.audio:
        raise BadRecording("There is no sound in this file.")
    track = container.streams.audio[0]
    if track.codec_context is None:  # PyAV 17 would end the process
        raise BadRecording(_UNREADABLE)
    seconds = 0.0
    for frame in container.decode(track):
        if frame.sample_rate not in INPUT_RATES:
            raise BadRecording(
                f"The recording states a sample rate of {frame.sample_rate} Hz. "
                f"It may be {INPUT_RATES[0]} to {INPUT_RATES[-1]}."
            )
        if frame.layout.nb_channels > _MAX_CHANNELS:
            raise BadRecording(
                f"The recording has {frame.layout.nb_channels} channels. It may have {_MAX_CHANNELS}."
            )
        seconds += frame.samples / frame.sample_rate
        if seconds > max_seconds:
            raise BadRecording(f"The recording is too long. It may be {max_seconds:g} seconds long.")
        yield frame


def _resampled(frames: Iterator[AudioFrame], rate: int) -> Iterator[Samples]:
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="flt", layout="mono", rate=rate)
    for frame in frames:
        for piece in resampler.resample(frame):
            yield piece.to_ndarray()[0]
    for piece in resampler.resample(None):
        yield piece.to_ndarray()[0]


def _check_length(data: bytes, container: InputContainer, seconds: float) -> None:
    """Raise BadRecording where less is there than the file states."""
    if not seconds:
        raise BadRecording("There is no sound in this recording.")
    if _is_cut_off_wav(data):
        raise BadRecording("The recording is cut off: its end is missing. Send it again.")
    if container.format.name not in _STATE_LENGTH or container.duration is None:
        return
    stated = container.duration / 1_000_000  # FFmpeg counts in microseconds
    if seconds < stated - max(0.25, 0.05 * stated):
        raise BadRecording(
            f"The recording is cut off: {seconds:.1f} of its {stated:.1f} seconds are there. Send it again."
        )


def _is_cut_off_wav(data: bytes) -> bool:
    """Whether a WAV states more bytes than there are. FFmpeg does not mind that."""
    if data[:4] != b"RIFF" or len(data) < 8:
        return False
    stated = int.from_bytes(data[4:8], "little")
    return len(data) - 8 < stated < _UNKNOWN_WAV_LENGTH
