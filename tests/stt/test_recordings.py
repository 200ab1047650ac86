"""Recordings as files: what can be read, and everything hostile that cannot."""

from __future__ import annotations

import io
import os
import struct
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.stt.recordings import BadRecording, decode_recording
from tests.sound import Recording

RATE = 48_000


def tone(seconds: float = 2.0) -> Recording:
    return np.asarray(0.3 * np.sin(2 * np.pi * 440 * np.arange(int(RATE * seconds)) / RATE), dtype=np.float32)


def with_soundfile(kind: str, subtype: str | None = None, channels: int = 1) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.tile(tone()[:, None], (1, channels)), RATE, format=kind, subtype=subtype)
    return file.getvalue()


def with_ffmpeg(container: str, codec: str) -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone()[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.format, "mono", RATE, frame_size=stream.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            output.mux(stream.encode(piece))
    return file.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "WAV": lambda: with_soundfile("WAV"),
    "WAV of 24 bits": lambda: with_soundfile("WAV", "PCM_24"),
    "WAV of floats": lambda: with_soundfile("WAV", "FLOAT"),
    "stereo WAV": lambda: with_soundfile("WAV", channels=2),
    "WAV with 8 channels": lambda: with_soundfile("WAV", channels=8),
    "FLAC": lambda: with_soundfile("FLAC"),
    "MP3": lambda: with_soundfile("MP3"),
    "Ogg Vorbis": lambda: with_soundfile("OGG", "VORBIS"),
    "Ogg Opus": lambda: with_soundfile("OGG", "OPUS"),
    "M4A": lambda: with_ffmpeg("ipod", "aac"),
    "WebM": lambda: with_ffmpeg("webm", "libopus"),
}


def reason(data: bytes, max_seconds: float = 60) -> str:
    """Why ``data`` is refused."""
    with pytest.raises(BadRecording) as caught:
        decode_recording(data, max_seconds)
    return str(caught.value)


@pytest.mark.parametrize("kind", FILES)
def test_recordings_become_16_khz_mono(kind: str) -> None:
    samples = decode_recording(FILES[kind](), 60)
    assert samples.dtype == np.float32
    assert samples.size == pytest.approx(32_000, abs=1_500)  # some formats add silence at the ends
    assert np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / samples.size == pytest.approx(440, abs=2)
    assert 0.2 < np.abs(samples).max() <= 1


@pytest.mark.parametrize("unknown", [0, 0xFFFF_FFFF])
def test_a_wav_written_as_a_stream_states_no_length(unknown: int) -> None:
    wav = bytearray(with_soundfile("WAV"))
    at = wav.find(b"data")
    wav[4:8] = wav[at + 4 : at + 8] = struct.pack("<I", unknown)
    assert decode_recording(bytes(wav), 60).size == 32_000


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF",
        b"hello " * 1000,
        os.urandom(5000),
        b"\x89PNG\r\n\x1a\n" + os.urandom(500),
        b"ID3" + bytes(100),
        bytes(5000),
    ],
)
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    assert "cannot be read as a recording" in reason(data)


def test_nothing_is_refused() -> None:
    assert reason(b"") == "The recording is empty. Record something first."
    file = io.BytesIO()
    soundfile.write(file, np.zeros(0, dtype=np.float32), RATE, format="WAV")
    assert reason(file.getvalue()) == "There is no sound in this recording."


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "M4A", "WebM"])
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_a_recording_that_breaks_off_is_refused(kind: str, part: float) -> None:
    whole = FILES[kind]()
    assert "cut off" in reason(whole[: int(len(whole) * part)])


def test_any_damage_is_refused_or_survived() -> None:
    random = np.random.default_rng(11)
    for kind, make in FILES.items():
        whole = make()
        for trial in range(12):
            damaged = bytearray(whole)
            for at in random.integers(0, len(whole) if trial % 2 else 300, 12):
                damaged[at] = random.integers(0, 256)
            with suppress(BadRecording):
                assert decode_recording(bytes(damaged), 60).size <= 60 * 16_000, kind


def six_hours_of_silence() -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8_000, 1, format="FLAC", subtype="PCM_16") as output:
        hour = np.zeros(3600 * 8_000, dtype=np.int16)
        for _ in range(6):
            output.write(hour)
    return file.getvalue()


def test_six_hours_in_a_small_file_are_refused_without_holding_them() -> None:
    file = six_hours_of_silence()
    assert len(file) < 4_000_000
    tracemalloc.start()
    try:
        assert reason(file) == "The recording is too long. It may be 60 seconds long."
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("rate", [1, 7_999, 1_000_000, 4_000_000_000])
def test_a_forged_sample_rate_is_refused(rate: int) -> None:
    wav = bytearray(with_soundfile("WAV"))
    at = wav.find(b"fmt ") + 12
    wav[at : at + 4] = struct.pack("<I", rate)
    assert reason(bytes(wav))


def test_more_than_eight_channels_are_refused() -> None:
    assert "16 channels" in reason(with_soundfile("WAV", channels=16))


def test_names_and_addresses_in_a_file_are_never_opened(tmp_path: Path) -> None:
    asked: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None: ...

    sound = tmp_path / "sound.wav"
    sound.write_bytes(with_soundfile("WAV"))
    server = HTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        for place in (str(sound), sound.as_uri(), f"http://127.0.0.1:{server.server_port}/sound.wav"):
            head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n"
            reason(f"{head}#EXTINF:10,\n{place}\n#EXT-X-ENDLIST\n".encode())
            reason(f"ffconcat version 1.0\nfile '{place}'\n".encode())
            reason(f"[playlist]\nFile1={place}\nNumberOfEntries=1\n".encode())
            reason(f"{place}\n".encode())
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []
