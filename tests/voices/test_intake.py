"""Recordings taken in: every kind of file, cut to the voice, and refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from app.stt.recordings import BadRecording
from app.voices.intake import LONGEST_FILE, LONGEST_KEPT, take_in
from app.voices.record import RATE
from tests.sound import Recording
from tests.voices.sound_files import KINDS, as_file


def silence(seconds: float) -> Recording:
    return np.zeros(round(seconds * RATE), np.float32)


def refusal(sound: Recording) -> str:
    with pytest.raises(BadRecording) as caught:
        take_in(as_file(sound))
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_gives_the_same_voice(kind: str, reading: Recording) -> None:
    taken = take_in(as_file(reading, kind))
    exact = take_in(as_file(reading))
    assert taken.samples.dtype == np.float32
    assert taken.speech_seconds == pytest.approx(exact.speech_seconds, abs=0.3)
    assert taken.samples.size == pytest.approx(exact.samples.size, abs=0.3 * RATE)
    assert np.abs(taken.samples).max() == pytest.approx(np.abs(exact.samples).max(), rel=0.2)
    assert taken.remark == ""


def test_silence_at_both_ends_is_cut_away(reading: Recording) -> None:
    bare = take_in(as_file(reading)).samples.size
    padded = take_in(as_file(np.concatenate([silence(3), reading, silence(5)]))).samples.size
    assert padded == pytest.approx(bare, abs=0.5 * RATE)


def test_of_a_long_recording_the_part_with_the_most_speech_is_kept_and_told(reading: Recording) -> None:
    lonely = reading[: 2 * RATE]
    long = np.concatenate([lonely, silence(20), *[reading, silence(0.6)] * 5, silence(20), lonely])
    taken = take_in(as_file(long, "MP3"))
    assert LONGEST_KEPT - 12 < taken.samples.size / RATE <= LONGEST_KEPT + 0.5
    assert taken.speech_seconds > 0.7 * taken.samples.size / RATE
    assert f"Of the {long.size / RATE:.0f} seconds" in taken.remark


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_too_little_speech_is_refused_with_its_length(seconds: float, reading: Recording) -> None:
    short = np.concatenate([silence(10), reading[: round(seconds * RATE)], silence(10)])
    assert "seconds of speech in this recording. A voice needs more than 5" in refusal(short)


def test_a_recording_with_nobody_in_it_is_refused() -> None:
    noise = 0.1 * np.random.default_rng(3).standard_normal(10 * RATE).astype(np.float32)
    assert "Nobody can be heard speaking" in refusal(noise)
    assert "Nobody can be heard speaking" in refusal(silence(10))


def test_words_far_apart_are_refused(reading: Recording) -> None:
    word = reading[:RATE]
    assert "long pauses" in refusal(np.concatenate([word, silence(24)] * 8))


def test_a_clipped_recording_is_refused(reading: Recording) -> None:
    assert "it is too loud" in refusal(np.clip(5 * reading / np.abs(reading).max(), -1, 1))


def test_a_faint_recording_is_refused(reading: Recording) -> None:
    assert "too faint" in refusal(0.005 * reading)


def test_what_is_too_long_is_refused_while_it_is_decoded() -> None:
    hours = silence(LONGEST_FILE + 2)
    assert refusal(hours) == "The recording is too long. It may be 300 seconds long."


@pytest.mark.parametrize(
    "data", [b"", b"hello " * 1000, b"\x89PNG\r\n\x1a\n" + bytes(500), b"#EXTM3U\nhttp://a/b"]
)
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecording):
        take_in(data)
