"""What the name of a voice means."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from app.engines import EngineError
from app.tts.piper import PiperSynthesizer
from app.tts.voices import known_voice, recording
from tests.tts.conftest import MakeRecording


@pytest.mark.parametrize("name", ["../joe", "%2e%2e/joe", "/etc/passwd", "joe\0", "joe.html", "", "Joe "])
def test_only_a_voices_own_name_is_known(name: str, piper: PiperSynthesizer) -> None:
    assert known_voice("joe", piper)
    assert not known_voice(name, piper)


def test_a_recording_is_known_by_its_content(make_recording: MakeRecording, piper: PiperSynthesizer) -> None:
    path = make_recording(6.0)
    before = recording(str(path), piper)
    assert before == recording(str(path), piper)
    path.write_bytes(make_recording(7.0).read_bytes())
    assert recording(str(path), piper) != before


@pytest.mark.parametrize(
    ("seconds", "said"), [(3.2, "3.2 s long"), (5.0, "more than 5 s"), (400.0, "7 minutes")]
)
def test_a_recording_too_short_or_too_long_is_refused_with_its_length(
    seconds: float, said: str, make_recording: MakeRecording, piper: PiperSynthesizer
) -> None:
    with pytest.raises(EngineError, match=said):
        recording(str(make_recording(seconds)), piper)


def test_asking_again_reads_no_file(
    make_recording: MakeRecording, piper: PiperSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(make_recording(6.5))
    before = recording(path, piper)
    monkeypatch.setattr(soundfile, "info", lambda _: pytest.fail("the file was read again"))
    assert recording(path, piper) == before


def test_what_is_no_sound_is_refused(tmp_path: Path, piper: PiperSynthesizer) -> None:
    text = tmp_path / "voice.wav"
    text.write_text("This is no sound.")
    with pytest.raises(EngineError, match=r"voice\.wav cannot be read as sound"):
        recording(str(text), piper)
    with pytest.raises(EngineError, match="cannot be read as sound"):
        recording(str(tmp_path), piper)


@pytest.mark.parametrize("voice", ["alice", "/nowhere/voice.wav", "nul\0"])
def test_an_unknown_voice_is_named_with_those_there_are(voice: str, piper: PiperSynthesizer) -> None:
    with pytest.raises(EngineError, match=r"There is no voice.*joe"):
        recording(voice, piper)
