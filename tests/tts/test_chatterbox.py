"""Chatterbox Turbo: its own classes, loaded from a checkpoint with random weights."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engines import EngineError, Samples, Stop, Tell, tell_nobody
from app.models import Model, Models
from app.progress import LoadCancelled, Progress, Step
from app.tts import GenerationStopped, generate_tts_wav, stream_tts
from app.tts.chatterbox import BUILT_IN, ChatterboxSynthesizer
from app.tts.tags import CHATTERBOX_TAGS
from tests.checkpoints import shared_checkpoint
from tests.tts.conftest import MakeRecording

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

PHRASE = "Hello there, my friend."
TWO_PHRASES = "This is the first of two phrases. And this is the last one of them."

Speak = Callable[..., Samples]


@pytest.fixture
def say(chatterbox: ChatterboxSynthesizer) -> Speak:
    """``say(text, voice=None, seed=0)``: the sound of one phrase, the same for the same seed."""

    def say(text: str = PHRASE, voice: str | None = None, seed: int = 0) -> Samples:
        model = chatterbox._model
        assert model is not None
        known = chatterbox._voice_of(model, voice or BUILT_IN, threading.Event())
        assert known is not None
        samples = model.say(text, known, threading.Event(), tell_nobody, seed).samples
        assert samples is not None
        return samples

    return say


@pytest.fixture
def voice_of_chatterbox(chatterbox: ChatterboxSynthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    """``generate_tts_wav`` and ``stream_tts`` speak with Chatterbox."""
    model: Model[Any] = Model("tts", lambda _: chatterbox)
    none: Any = None
    monkeypatch.setattr("app.assembly.shared_models", lambda: Models(none, none, model))
    model.wait()


@pytest.fixture
def model(chatterbox: ChatterboxSynthesizer) -> Any:
    """The ChatterboxTurboTTS inside the engine."""
    return chatterbox._model


def test_it_says_what_it_is_and_has_the_released_models_parts(chatterbox: ChatterboxSynthesizer) -> None:
    assert chatterbox.name == "Chatterbox Turbo"
    assert chatterbox.sample_rate == 24_000
    assert chatterbox.voices == ("chatterbox",)
    assert chatterbox.tags == CHATTERBOX_TAGS
    millions = {part: round(parameters / 1e6) for part, parameters in chatterbox.parts().items()}
    assert millions == {"t3": 427, "s3gen": 266, "ve": 1}


class Failing:
    """A stage of the model that raises ``problem`` instead of working."""

    def __init__(self, stage: Any, problem: Exception) -> None:
        self._stage = stage
        self._problem = problem

    def work(self, *arguments: Any) -> Any:
        return self._stage.work(*arguments)

    def __call__(self, *_: Any) -> Any:
        raise self._problem


@pytest.mark.usefixtures("voice_of_chatterbox")
def test_a_wav_is_spoken_through_the_same_path() -> None:
    import soundfile

    wav = soundfile.SoundFile(io.BytesIO(generate_tts_wav(PHRASE)))
    assert (wav.subtype, wav.channels, wav.samplerate) == ("PCM_16", 1, 24_000)
    samples = wav.read()
    assert np.isfinite(samples).all()
    assert float(np.abs(samples).max()) > 0.01


@pytest.mark.usefixtures("voice_of_chatterbox")
def test_a_stop_between_chunks_ends_the_stream_and_fails_the_wav() -> None:
    stop = threading.Event()
    stream = stream_tts(TWO_PHRASES, stop=stop)
    assert next(stream).phrase.text == "This is the first of two phrases."
    stop.set()
    assert list(stream) == []
    with pytest.raises(GenerationStopped):
        generate_tts_wav(TWO_PHRASES, stop=stop)


@pytest.fixture(scope="module")
def long_phrase(chatterbox: ChatterboxSynthesizer) -> Callable[..., Any]:
    """``long_phrase(stop, tell)``: always the same phrase, of at least ten tokens."""
    model = chatterbox._model
    assert model is not None

    def say(stop: Stop, tell: Tell, seed: int) -> Any:
        return model.say(PHRASE, model.voices.built_in, stop, tell, seed)

    seeds = (seed for seed in range(50) if len(say(threading.Event(), tell_nobody, seed).tokens) >= 10)
    return partial(say, seed=next(seeds))


@pytest.mark.parametrize("moment", [0.0, 0.65, 0.9], ids=["decoding", "in the flow", "vocoding"])
def test_a_stop_inside_a_chunk_leaves_the_model_there(
    moment: float, model: Any, long_phrase: Callable[..., Any]
) -> None:
    stop = threading.Event()
    told: list[float] = []

    def stop_then(fraction: float) -> None:
        told.append(fraction)
        if fraction >= moment:
            stop.set()

    assert long_phrase(stop, stop_then).samples is None
    model._maker.wait_until_idle()
    assert sum(fraction >= moment for fraction in told) <= 2  # it may be about to tell once more
    assert long_phrase(threading.Event(), tell_nobody).samples.size > 0


def test_progress_rises_to_the_end(long_phrase: Callable[..., Any]) -> None:
    told: list[float] = []
    assert long_phrase(threading.Event(), told.append).samples.size > 0
    assert told == sorted(told)
    assert told[0] < 0.2
    assert told[-1] == 1.0


def test_the_built_in_voice_is_intact_after_a_clone(say: Speak, make_recording: MakeRecording) -> None:
    recording = str(make_recording(5.2))
    before = say()
    clone = say(voice=recording)
    np.testing.assert_array_equal(say(), before)
    assert clone.shape != before.shape or not np.allclose(clone, before)
    np.testing.assert_array_equal(say(voice=recording), clone)


def test_a_short_or_missing_recording_is_refused_and_the_next_phrase_works(
    chatterbox: ChatterboxSynthesizer, say: Speak, make_recording: MakeRecording
) -> None:
    with pytest.raises(EngineError, match=r"4\.0 s long"):
        list(chatterbox.synthesize(PHRASE, str(make_recording(4.0)), threading.Event()))
    with pytest.raises(EngineError, match="no voice 'alice'"):
        list(chatterbox.synthesize(PHRASE, "alice", threading.Event()))
    assert say().size > 0


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB."), "ran out of memory"),
        (IndexError("index 9 is out of bounds"), "failed on a phrase"),
    ],
)
def test_after_a_failed_phrase_the_next_one_works(
    problem: Exception,
    said: str,
    model: Any,
    chatterbox: ChatterboxSynthesizer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(model._maker._vocalizer, "_flow", Failing(model._maker._vocalizer._flow, problem))
        with pytest.raises(EngineError, match=said):
            list(chatterbox.synthesize(PHRASE, None, threading.Event()))
    assert list(chatterbox.synthesize(PHRASE, None, threading.Event()))


def test_a_gpu_without_memory_leaves_the_app_talking(monkeypatch: pytest.MonkeyPatch) -> None:
    """First without what makes it fastest, then on the processor; here the GPU is one in name."""
    engine = ChatterboxSynthesizer(str(shared_checkpoint()))
    engine.load(Progress())
    try:
        engine.device = "cuda"
        model = engine._model
        assert model is not None
        maker: Any = model._maker
        full = Failing(maker._vocalizer._flow, RuntimeError("CUDA out of memory. Tried to allocate 2 GiB."))
        with monkeypatch.context() as patch:
            patch.setattr(maker._vocalizer, "_flow", full)
            patch.setattr(model.decoder, "release", lambda: True)
            with pytest.raises(EngineError, match="It now uses less"):
                list(engine.synthesize(PHRASE, None, threading.Event()))
            assert "short of memory" in engine.notice
        assert list(engine.synthesize(PHRASE, None, threading.Event()))
        assert engine.device == "cuda"

        monkeypatch.setattr(maker._vocalizer, "_flow", full)
        with pytest.raises(EngineError, match="It now speaks on the processor"):
            list(engine.synthesize(PHRASE, None, threading.Event()))
        assert engine.device == "cpu"
        assert "speaks on the processor" in engine.notice
        assert list(engine.synthesize(PHRASE, None, threading.Event()))
    finally:
        engine.unload()


def test_it_is_quiet_while_it_speaks(say: Speak, capfd: pytest.CaptureFixture[str]) -> None:
    say()
    assert capfd.readouterr() == ("", "")


def test_a_load_that_is_given_up_leaves_nothing_behind() -> None:
    progress = Progress(lambda step: progress.cancel() if step.stage == "Starting PyTorch" else None)
    engine = ChatterboxSynthesizer(str(shared_checkpoint()))
    with pytest.raises(LoadCancelled):
        engine.load(progress)
    assert engine.parts() == {}
    with pytest.raises(EngineError, match="not loaded"):
        list(engine.synthesize(PHRASE, None, threading.Event()))


def test_weights_of_another_model_are_told(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    for path in shared_checkpoint().iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "ve.safetensors").unlink()
    save_file({"something": np.zeros(3, np.float32)}, tmp_path / "ve.safetensors")
    steps: list[Step] = []
    with pytest.raises(EngineError, match=r"ve\.safetensors .* the weights of another model"):
        ChatterboxSynthesizer(str(tmp_path)).load(Progress(steps.append))
    assert [step.stage for step in steps] == ["Looking for Chatterbox Turbo"]


def test_unloading_frees_the_memory_again_and_again() -> None:
    """In a process of its own: the script that reloads the voice tells its memory as it goes."""
    environ = {**os.environ, "VOX_TTS": "chatterbox", "VOX_CHATTERBOX_DIR": str(shared_checkpoint())}
    script = Path(__file__).parents[2] / "test_tts_reload.py"
    run = subprocess.run(
        [sys.executable, str(script), "--text", PHRASE, "--out", os.devnull, "--times", "2"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    told = re.findall(r"memory (\S.*?\S) +process (\d+) MB", run.stdout)
    loaded = [int(megabytes) for moment, megabytes in told if moment == "after loading"]
    unloaded = [int(megabytes) for moment, megabytes in told if moment == "after unloading"]
    assert len(unloaded) == 2
    assert min(loaded) - max(unloaded) > 1000
    assert unloaded[-1] <= 1.05 * unloaded[0]
