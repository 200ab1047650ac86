"""Which voice speaks, and what is said about it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import offline_pack
from app.engines import EngineError
from app.progress import LoadCancelled, Progress
from app.settings import Settings
from app.tts import choose
from app.tts.choose import check_pace, load_synthesizer, seconds_per_second
from app.tts.piper import PiperSynthesizer


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub that refuses the connection, and an empty cache."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that seems to have a GPU, until the model is loaded there."""
    monkeypatch.setattr(choose, "_has_gpu", lambda _progress: True)


def test_piper_asked_for_speaks_without_a_notice() -> None:
    voice = load_synthesizer(Settings(tts="piper"), Progress())
    assert voice.name == "Piper Joe"
    assert voice.notice == ""


def test_piper_asked_for_and_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_pack, "piper_voice", lambda: None)
    with pytest.raises(EngineError, match="pip install"):
        load_synthesizer(Settings(tts="piper"), Progress())


def test_a_processor_alone_speaks_with_piper_and_says_why_without_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = (
        "import sys\n"
        "from app.progress import Progress\n"
        "from app.settings import Settings\n"
        "from app.tts import choose\n"
        "choose._may_have_gpu = lambda: False\n"
        "voice = choose.load_synthesizer(Settings(), Progress())\n"
        "print(voice.name, '|', voice.notice, '|', 'torch' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    name, notice, has_torch = (part.strip() for part in told.split("|"))
    assert name == "Piper Joe"
    assert "needs a GPU" in notice
    assert "VOX_TTS=chatterbox" in notice
    assert has_torch == "False"


@pytest.mark.usefixtures("no_hub", "gpu")
def test_without_a_hub_piper_speaks_and_says_why() -> None:
    voice = load_synthesizer(Settings(), Progress())
    assert isinstance(voice, PiperSynthesizer)
    assert "ResembleAI/chatterbox-turbo is not on this machine" in voice.notice
    assert "cannot be reached" in voice.notice


@pytest.mark.usefixtures("gpu")
def test_told_to_stay_offline_it_asks_no_hub() -> None:
    assert "offline" in load_synthesizer(Settings(offline=True), Progress()).notice


@pytest.mark.usefixtures("gpu")
def test_a_broken_checkpoint_is_named_in_the_notice(tmp_path: Path) -> None:
    voice = load_synthesizer(Settings(chatterbox_dir=str(tmp_path)), Progress())
    assert isinstance(voice, PiperSynthesizer)
    assert f"t3_turbo_v1.safetensors (about 1.9 GB) is missing from {tmp_path}" in voice.notice


@pytest.mark.usefixtures("no_hub")
def test_chatterbox_asked_for_is_never_swapped() -> None:
    with pytest.raises(EngineError, match=r"cannot be reached.*Connect"):
        load_synthesizer(Settings(tts="chatterbox"), Progress())


@pytest.mark.usefixtures("no_hub", "gpu")
def test_when_nothing_can_speak_both_reasons_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_pack, "piper_voice", lambda: None)
    with pytest.raises(EngineError, match=r"(?s)No voice can speak.*cannot be reached.*pip install"):
        load_synthesizer(Settings(), Progress())


@pytest.mark.parametrize("tts", ["auto", "chatterbox", "piper"])
@pytest.mark.usefixtures("gpu")
def test_a_load_that_is_given_up_is_no_reason_to_load_something_else(tts: str) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(LoadCancelled):
        load_synthesizer(Settings(tts=tts, chatterbox_dir="/nowhere"), progress)


def test_the_pace_is_measured_by_speaking(piper: PiperSynthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_per_second(piper) > 0.0
    monkeypatch.setattr(choose, "KEEPS_UP", float("inf"))
    check_pace(piper)
    monkeypatch.setattr(choose, "KEEPS_UP", 0.0)
    with pytest.raises(EngineError, match=r"Piper Joe works .* s on each second of sound \(cpu\), too slow"):
        check_pace(piper)
