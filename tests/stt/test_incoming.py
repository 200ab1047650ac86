"""An utterance coming in: whatever its rate and however it is cut up, it is the same sound."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from app.stt.incoming import IncomingAudio, IncompleteSample, UtteranceTooLong
from app.stt.pcm_stream import PcmStream
from tests.sound import Recording, pcm16


def tone(rate: int, seconds: float = 1.0) -> Recording:
    return np.asarray(0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate), dtype=np.float32)


def loudest_hertz(samples: Recording) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / samples.size)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000])
def test_any_rate_becomes_16_khz(rate: int) -> None:
    incoming = IncomingAudio(rate, 10)
    incoming.append(pcm16(tone(rate)))
    samples = incoming.samples()
    assert samples.dtype == np.float32
    assert samples.size == pytest.approx(16_000, abs=1)
    assert loudest_hertz(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.02)


def test_what_is_too_high_for_16_khz_is_left_out_and_not_folded_down() -> None:
    time = np.arange(48_000) / 48_000
    whistle = np.asarray(0.5 * np.sin(2 * np.pi * 11_000 * time), dtype=np.float32)
    incoming = IncomingAudio(48_000, 10)
    incoming.append(pcm16(whistle))
    assert np.abs(incoming.samples()[500:-500]).max() < 0.001


@pytest.mark.parametrize("size", [1, 3, 1001, 4096])
def test_pieces_of_any_size_make_the_same_sound(size: int) -> None:
    pcm = pcm16(tone(48_000, 0.2))
    incoming = IncomingAudio(48_000, 10)
    for start in range(0, len(pcm), size):
        incoming.append(pcm[start : start + size])
    assert incoming.seconds == pytest.approx(0.2)
    in_pieces = incoming.samples()
    incoming.append(pcm)
    np.testing.assert_array_equal(in_pieces, incoming.samples())
    whole = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32_768
    inside = slice(100, -100)
    np.testing.assert_allclose(in_pieces[inside], soxr.resample(whole, 48_000, 16_000)[inside], atol=0.001)


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 48_000])
def test_sound_is_there_as_soon_as_it_has_come(rate: int) -> None:
    stream = PcmStream(rate)
    came = 0
    for number in range(1, 51):
        came += stream.feed(pcm16(np.zeros(rate // 50, dtype=np.float32))).size
        assert number * 320 - came <= 2 * 16, "it is more than 2 ms behind"


def test_an_utterance_may_be_empty() -> None:
    incoming = IncomingAudio(24_000, 10)
    incoming.append(b"")
    assert incoming.seconds == 0
    assert incoming.samples().size == 0


def test_half_a_sample_at_the_end_is_told() -> None:
    incoming = IncomingAudio(24_000, 10)
    incoming.append(b"\x00\x00\x00")
    with pytest.raises(IncompleteSample, match="odd number of bytes"):
        incoming.samples()
    incoming.append(b"\x00" * 957)
    assert incoming.seconds == pytest.approx(0.02)
    assert incoming.samples().size == pytest.approx(320, abs=1)


def test_the_next_utterance_begins_afresh() -> None:
    incoming = IncomingAudio(24_000, 10)
    incoming.append(pcm16(tone(24_000)))
    incoming.samples()
    assert incoming.seconds == 0
    incoming.append(pcm16(np.zeros(24_000, dtype=np.float32)) + b"\x00")
    incoming.clear()
    assert incoming.samples().size == 0


def test_an_utterance_beyond_its_bound_is_told_and_kept_up_to_it() -> None:
    incoming = IncomingAudio(48_000, 1.5)
    incoming.append(pcm16(tone(48_000, 1.0)))
    with pytest.raises(UtteranceTooLong, match=r"1\.5 seconds"):
        incoming.append(pcm16(tone(48_000, 1.0)) + b"\x00")
    assert incoming.seconds == 1.5
    with pytest.raises(UtteranceTooLong):
        incoming.append(b"\x00\x00")
    assert incoming.samples().size == pytest.approx(24_000, abs=1)


@pytest.mark.parametrize("rate", [-1, 0, 7_999, 192_001, 10**9])
def test_a_rate_that_cannot_be_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match=f"{rate} Hz"):
        IncomingAudio(rate, 10)
