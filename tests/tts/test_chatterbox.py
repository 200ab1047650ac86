"""Chatterbox Turbo: its own classes, loaded from a checkpoint with random weights."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engines import EngineError, Samples
from app.models import Model, Models
from app.progress import LoadCancelled, Progress, Step
from app.tts import GenerationStopped, generate_tts_wav, stream_tts
from app.tts.chatterbox import ChatterboxSynthesizer
from app.tts.tags import CHATTERBOX_TAGS
from tests.checkpoints import shared_checkpoint
from tests.tts.conftest import CountedStop, MakeRecording

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

PHRASE = "Hello there, my friend."
TWO_PHRASES = "This is the first of two phrases. And this is the last one of them."

Speak = Callable[..., Samples]


@pytest.fixture
def say(chatterbox: ChatterboxSynthesizer) -> Speak:
    """``say(text, voice=None, seed=0)``: the sound of one phrase, the same for the same seed."""
    import torch

    def say(text: str = PHRASE, voice: str | None = None, seed: int = 0) -> Samples:
        torch.manual_seed(seed)
        [samples] = chatterbox.synthesize(text, voice, threading.Event())
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
    assert chatterbox.voices == ("default",)
    assert chatterbox.tags == CHATTERBOX_TAGS
    millions = {part: round(parameters / 1e6) for part, parameters in chatterbox.parts().items()}
    assert millions == {"t3": 427, "s3gen": 266, "ve": 1}


@pytest.mark.usefixtures("voice_of_chatterbox")
def test_a_wav_is_spoken_through_the_same_path() -> None:
    import soundfile

    wav = soundfile.SoundFile(io.BytesIO(generate_tts_wav(PHRASE)))
    assert (wav.subtype, wav.channels, wav.samplerate) == ("PCM_16", 1, 24_000)
    samples = wav.read()
    assert np.isfinite(samples).all()
    assert float(np.abs(samples).max()) > 0.01


def test_generate_is_given_the_text_and_nothing_else(
    model: Any, say: Speak, make_recording: MakeRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    generate = model.generate

    def listen(*args: Any, **kwargs: Any) -> Any:
        given.append((args, kwargs))
        return generate(*args, **kwargs)

    monkeypatch.setattr(model, "generate", listen)
    say(PHRASE)
    say("Again.", str(make_recording(5.5)))
    assert given == [((PHRASE,), {}), (("Again.",), {})]


@pytest.mark.usefixtures("voice_of_chatterbox")
def test_a_stop_between_chunks_ends_the_stream_and_fails_the_wav() -> None:
    stop = threading.Event()
    stream = stream_tts(TWO_PHRASES, stop=stop)
    assert next(stream).phrase.text == "This is the first of two phrases."
    stop.set()
    assert list(stream) == []
    with pytest.raises(GenerationStopped):
        generate_tts_wav(TWO_PHRASES, stop=stop)


def test_a_stop_inside_a_chunk_leaves_the_model_there(
    model: Any, chatterbox: ChatterboxSynthesizer, say: Speak
) -> None:
    import torch

    reached: list[str] = []
    vocoder = model.s3gen.mel2wav.conv_pre.register_forward_hook(lambda *_: reached.append("vocoder"))
    tokens = model.t3.tfmr.register_forward_hook(lambda *_: reached.append("token"))
    try:
        torch.manual_seed(1)
        untouched = CountedStop()
        assert list(chatterbox.synthesize(PHRASE, None, untouched))
        assert reached[-1] == "vocoder"
        for look in (untouched.looks // 2, untouched.looks - 2):  # among the tokens, and in the flow
            reached.clear()
            torch.manual_seed(1)
            stop = CountedStop(set_at=look)
            assert list(chatterbox.synthesize(PHRASE, None, stop)) == []
            assert "vocoder" not in reached
            assert stop.looks <= look + 2
    finally:
        vocoder.remove()
        tokens.remove()
    assert say().size > 0


def test_a_chunk_finished_after_the_stop_is_not_given_out(chatterbox: ChatterboxSynthesizer) -> None:
    import torch

    torch.manual_seed(0)
    untouched = CountedStop()
    assert list(chatterbox.synthesize(PHRASE, None, untouched))
    torch.manual_seed(0)
    assert list(chatterbox.synthesize(PHRASE, None, CountedStop(set_at=untouched.looks))) == []


def test_the_built_in_voice_is_intact_after_a_clone(
    model: Any, say: Speak, make_recording: MakeRecording, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    prepare = model.prepare_conditionals

    def count(path: str, *args: Any, **kwargs: Any) -> None:
        prepared.append(path)
        prepare(path, *args, **kwargs)

    monkeypatch.setattr(model, "prepare_conditionals", count)
    recording = str(make_recording(5.2))
    before = say()
    built_in = model.conds
    clone = say(voice=recording)
    assert model.conds is built_in
    np.testing.assert_array_equal(say(), before)
    assert clone.shape != before.shape or not np.allclose(clone, before)
    np.testing.assert_array_equal(say(voice=recording), clone)
    assert prepared == [recording]  # once for each recording, not for each phrase


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
    problem: Exception, said: str, model: Any, chatterbox: ChatterboxSynthesizer, say: Speak
) -> None:
    def fail(*_: Any) -> None:
        raise problem

    hook = model.s3gen.flow.encoder.register_forward_hook(fail)
    try:
        with pytest.raises(EngineError, match=said):
            say()
    finally:
        hook.remove()
    assert say().size > 0


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
    with pytest.raises(EngineError, match="Check that its folder holds the released checkpoint"):
        ChatterboxSynthesizer(str(tmp_path)).load(Progress(steps.append))
    assert [step.stage for step in steps][-1] == "Loading Chatterbox Turbo's weights"


def test_unloading_frees_the_memory() -> None:
    """In a process of its own: the script that reloads the voice tells its memory as it goes."""
    environ = {**os.environ, "VOX_TTS": "chatterbox", "VOX_CHATTERBOX_DIR": str(shared_checkpoint())}
    script = Path(__file__).parents[2] / "test_tts_reload.py"
    run = subprocess.run(
        [sys.executable, str(script), "--text", PHRASE, "--out", os.devnull],
        env={**environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    megabytes = dict(re.findall(r"memory (\S.*?\S) +process (\d+) MB", run.stdout))
    parts = dict(re.findall(r"part +(\w+): ([\d.]+) million", run.stdout))
    model = 4 * sum(float(millions) for millions in parts.values())
    freed = int(megabytes["after speaking"]) - int(megabytes["after unloading"])
    assert int(megabytes["after loading"]) - int(megabytes["before loading"]) > model
    assert freed > 0.8 * model
