"""The end of a turn: a finished question sounds finished, and a sentence that goes on does not."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from app.engines import TRANSCRIBER_RATE, Samples
from app.stt import end_of_turn as module
from app.stt.end_of_turn import EndOfTurn, end_of_turn
from tests.stt.conftest import Say
from tests.stt.noises import noisy, pink, white

FINISHED = [
    "What is the capital of France?",
    "How far is it from here?",
    "Tell me a short story about a fox.",
]
GOES_ON = ["I was thinking about", "When I was a child, I", "I need a recipe with tomatoes and", "So, um"]
LONG = " ".join(FINISHED * 2)


@pytest.fixture
def judge() -> EndOfTurn:
    judge = end_of_turn()
    if judge is None:
        pytest.skip("pipecat-ai, which carries the model, is not installed")
    return judge


@pytest.fixture
def nothing_loaded() -> Iterator[None]:
    module._loaded.cache_clear()
    yield
    module._loaded.cache_clear()


def pausing(speech: Samples, milliseconds: int = 200) -> Samples:
    """``speech`` between silences."""
    before, after = (np.zeros(ms * TRANSCRIBER_RATE // 1000, dtype=np.float32) for ms in (300, milliseconds))
    loud = np.flatnonzero(np.abs(speech) > 0.02)
    return np.concatenate([before, speech[loud[0] : loud[-1] + 1], after])


@pytest.mark.parametrize("text", FINISHED)
def test_a_finished_question_is_an_end(judge: EndOfTurn, say: Say, text: str) -> None:
    assert judge.probability(pausing(say(text))) > 0.7


@pytest.mark.parametrize("text", GOES_ON)
def test_a_sentence_that_goes_on_is_none(judge: EndOfTurn, say: Say, text: str) -> None:
    assert judge.probability(pausing(say(text))) < 0.3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_judges_as_pipecat_does(judge: EndOfTurn, say: Say) -> None:
    from loguru import logger

    logger.disable("pipecat")
    from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

    pipecat = LocalSmartTurnAnalyzerV3()
    spoken = [pausing(say(text)) for text in (*FINISHED, *GOES_ON, "Stop.", LONG)]
    quiet = spoken[0] * np.float32(0.02)
    for sound in (*spoken, quiet, noisy(spoken[1], pink, 15), white(3 * TRANSCRIBER_RATE)):
        expected = pipecat._predict_endpoint(sound)["probability"]
        assert judge.probability(sound) == pytest.approx(expected, abs=0.01)


def test_the_last_eight_seconds_count(judge: EndOfTurn, say: Say) -> None:
    sound = pausing(say(LONG))
    assert sound.size > 8 * TRANSCRIBER_RATE
    assert judge.probability(sound) == judge.probability(sound[-8 * TRANSCRIBER_RATE :])
    assert judge.probability(sound) != judge.probability(sound[-4 * TRANSCRIBER_RATE :])


@pytest.mark.parametrize("size", [0, 1, 100])
def test_hardly_any_sound_can_be_judged(judge: EndOfTurn, size: int) -> None:
    assert 0 <= judge.probability(np.zeros(size, dtype=np.float32)) <= 1


def test_threads_may_share_it(judge: EndOfTurn, say: Say) -> None:
    sounds = [pausing(say(text)) for text in (*FINISHED, *GOES_ON)]
    alone = [judge.probability(sound) for sound in sounds]
    with ThreadPoolExecutor(len(sounds)) as threads:
        together = list(threads.map(judge.probability, sounds))
    assert together == pytest.approx(alone, abs=1e-5)


def test_it_is_loaded_once(judge: EndOfTurn) -> None:
    assert end_of_turn() is judge


@pytest.mark.usefixtures("judge")
def test_its_package_is_not_imported() -> None:
    code = (
        "import sys; from app.stt.end_of_turn import end_of_turn; assert end_of_turn() is not None;"
        "print(*(name for name in ('pipecat', 'loguru', 'torch') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.usefixtures("nothing_loaded")
def test_without_the_package_there_is_none_and_the_log_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING):
        assert end_of_turn() is None
        assert end_of_turn() is None
    (record,) = caplog.records
    assert "pipecat-ai" in record.getMessage()


@pytest.mark.usefixtures("nothing_loaded")
def test_a_damaged_model_is_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    file = tmp_path / module._MODEL
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no model")
    spec = ModuleSpec("pipecat", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(module, "find_spec", lambda name: spec)
    assert end_of_turn() is None
    assert str(file) in caplog.text
