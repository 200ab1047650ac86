"""Stock Chatterbox Turbo and ours on the same text, seed and machine:
``python -m benchmarks.chatterbox [--checkpoint DIR] [--device cpu|cuda] [--precision …] [--json]``.

Without a checkpoint one with random weights is made, whose speech ends where English would. Stock
speaks the text by one ``generate``. Ours speaks it twice: as one phrase, which compares the work,
and cut into phrases as in a conversation, which compares what a listener waits for.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app import memory
from app.engines import tell_nobody
from app.progress import Progress
from app.tts import turbo
from app.tts.chatterbox import ChatterboxSynthesizer
from app.tts.phrases import cut_phrases
from app.tts.speech import speak
from benchmarks import peak_memory
from benchmarks.chatterbox_table import table
from benchmarks.machine import describe
from benchmarks.random_voice import Pace, PacedDecoder, never_end, random_checkpoint
from benchmarks.stages import Called, Stages

TEXT = (
    "Sure, I can help with that. The train to the coast leaves at nine in the morning, and it takes "
    "about two hours. If you would rather drive, the old road along the river is slower, but it is "
    "very beautiful at this time of the year. Take a coat."
)
SEED = 7
STOPS = 20

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, help="folder in the released layout")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="the best there is, if not given")
    parser.add_argument("--precision", default="auto", help="of ours: auto, fp32, bf16, int8, int4")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(arguments.checkpoint, arguments.device, arguments.precision, Path(folder))
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))


def _measure(checkpoint: Path | None, device: str | None, precision: str, scratch: Path) -> dict[str, Any]:
    stock_class = turbo.import_turbo()
    device = device or turbo.best_device()
    turbo.prepare(device)
    is_random = checkpoint is None
    folder = checkpoint or _alone(lambda: random_checkpoint(scratch / "checkpoint"))
    recordings = [_recording(scratch / f"voice-{number}.wav", number) for number in (1, 2)]
    stock = _alone(lambda: _Stock(stock_class, folder, device, is_random).measured(recordings[0]))
    gc.collect()
    memory.give_back()
    engine = _alone(lambda: _Ours(folder, device, precision, is_random, scratch / "voices"))
    ours = _alone(lambda: engine.measured(recordings))
    return {
        "machine": _machine(device),
        "text": f"{len(TEXT)} characters",
        "weights": "random" if is_random else "released",
        "stock": stock,
        "ours": ours,
        "ratios": _ratios(stock, ours),
    }


def _alone(work: Callable[[], T]) -> T:
    """What ``work`` returns, done in a thread that ends with it, as in the server. Each thread that
    computes has helpers of its own, and those of all together wait less keenly once they are more
    than there are cores."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


class _Stock:
    """The package's own code, with autocast on a GPU as the project's first notes have it."""

    def __init__(self, stock_class: Any, checkpoint: Path, device: str, is_random: bool) -> None:
        peak_memory.restart(device)
        self._device = device
        self._model = stock_class.from_local(checkpoint, device)
        if is_random:
            never_end(self._model.t3)
            Pace(checkpoint).keep_stock(self._model.t3)
        self._stages = Stages(device)
        self._stages.watch(self._model.t3, "inference_turbo", "decoder")
        self._stages.watch(self._model.t3.tfmr, "forward", "steps")
        self._stages.watch(self._model.s3gen, "flow_inference", "flow")
        self._stages.watch(self._model.s3gen, "hift_inference", "vocoder")
        self._stages.watch(self._model.watermarker, "apply_watermark", "watermark")

    def measured(self, recording: Path) -> dict[str, Any]:
        with turbo.inference(), _autocast(self._device):
            self._model.generate("Warm up.")
            self._stages.clear()
            _seed()
            began = time.perf_counter()
            sound = self._model.generate(TEXT).shape[1] / self._model.sr
            took = time.perf_counter() - began
            figures = _spread_over(self._stages, took, sound, self._stages.calls["steps"])
            began = time.perf_counter()
            self._model.prepare_conditionals(str(recording))
            switch = time.perf_counter() - began
        return figures | {
            "precision": "fp32" if self._device != "cuda" else "bf16 autocast",
            "first_chunk_s": took,
            "switch_voice_ms": switch * 1000,
            "peak_memory_mb": _megabytes(peak_memory.process_bytes()),
            "peak_gpu_mb": _megabytes(peak_memory.gpu_bytes(self._device)),
        }


class _Ours:
    """The engine of the conversation."""

    def __init__(self, checkpoint: Path, device: str, precision: str, is_random: bool, voices: Path) -> None:
        peak_memory.restart(device)
        self._device = device
        with _ends_nowhere() if is_random else nullcontext(), _on(device):
            self._engine = ChatterboxSynthesizer(
                str(checkpoint), precision=precision, kept_voices=voices, offline=True
            )
            began = time.perf_counter()
            self._engine.load(Progress())
            self._load_s = time.perf_counter() - began
        self._model: Any = self._engine._model
        maker: Any = self._model._maker  # type: ignore[union-attr]
        if is_random:
            maker._decoder = PacedDecoder(maker._decoder, Pace(checkpoint))
        self._stages = Stages(device)
        self._stages.watch(maker._decoder, "begin", "decoder")
        self._stages.watch(maker._decoder, "advance", "decoder")
        for stage in ("flow", "vocoder"):
            called = Called(getattr(maker._vocalizer, f"_{stage}"))
            setattr(maker._vocalizer, f"_{stage}", called)
            self._stages.watch(called, "run", stage)
        self._stages.watch(maker, "_watermark", "watermark")

    def measured(self, recordings: list[Path]) -> dict[str, Any]:
        self._whole()
        whole = min((self._whole() for _ in range(3)), key=lambda figures: figures["work_s_per_s"])
        talking = min((self._talking() for _ in range(3)), key=lambda figures: figures["first_chunk_s"])
        moments = [(number + 0.5) / STOPS * whole["whole_text_s"] for number in range(STOPS)]
        stops = sorted(self._stop_after(moment) for moment in moments)
        side_by_side = self._side_by_side()
        switch = self._switch(recordings)
        figures = (
            whole
            | talking
            | {
                "precision": self._engine.precision,
                "two_steps_per_s": side_by_side,
                "switch_voice_ms": switch * 1000,
                "stop_median_ms": statistics.median(stops) * 1000,
                "stop_worst_ms": stops[-1] * 1000,
                "load_s": self._load_s,
                "peak_memory_mb": _megabytes(peak_memory.process_bytes()),
                "peak_gpu_mb": _megabytes(peak_memory.gpu_bytes(self._device)),
            }
        )
        self._engine.unload()
        return figures

    def _whole(self) -> dict[str, Any]:
        """The text as one phrase, as stock takes it."""
        self._stages.clear()
        began = time.perf_counter()
        job = self._model.say(TEXT, self._model.voices.built_in, threading.Event(), tell_nobody, SEED)
        took = time.perf_counter() - began
        return _spread_over(self._stages, took, job.samples.size / 24_000, len(job.tokens))

    def _side_by_side(self) -> float:
        """Speech tokens a second of two phrases that are decoded together."""
        self._stages.clear()
        voice = self._model.voices.built_in
        with ThreadPoolExecutor(2) as pool:
            said = [
                pool.submit(self._model.say, TEXT, voice, threading.Event(), tell_nobody, SEED + number)
                for number in range(2)
            ]
        tokens = sum(len(job.result().tokens) for job in said)
        return float(tokens / self._stages.seconds["decoder"])

    def _talking(self) -> dict[str, Any]:
        """The text cut into phrases, which are made ahead two at a time."""
        began = time.perf_counter()
        first, seconds = 0.0, 0.0
        for chunk in speak(cut_phrases([TEXT]), self._engine, None, threading.Event()):
            first = first or time.perf_counter() - began
            seconds += chunk.samples.size / chunk.sample_rate
        took = time.perf_counter() - began
        return {"first_chunk_s": first, "took_s": took, "talking_s_per_s": took / seconds}

    def _stop_after(self, seconds: float) -> float:
        """Seconds from a stop, set that long after the phrase was asked for, until the model is free."""
        stop = threading.Event()
        moment: list[float] = []

        def set_now() -> None:
            moment.append(time.perf_counter())
            stop.set()

        threading.Timer(seconds, set_now).start()
        self._model.say(TEXT, self._model.voices.built_in, stop, tell_nobody, SEED)
        self._model._maker.wait_until_idle()  # the caller has left already
        return time.perf_counter() - moment[0]

    def _switch(self, recordings: list[Path]) -> float:
        """Seconds that a phrase waits because another voice speaks it, both known."""
        engine, model = self._engine, self._model
        decoder = model.decoder
        never = threading.Event()
        with turbo.inference():
            for recording in recordings:
                decoder.prepare(engine._voice_of(model, str(recording), never))
            took = []
            for recording in recordings * 5:
                began = time.perf_counter()
                decoder.prepare(engine._voice_of(model, str(recording), never))
                took.append(time.perf_counter() - began)
        return statistics.median(took)


@contextmanager
def _ends_nowhere() -> Iterator[None]:
    """Checkpoints loaded meanwhile never end by themselves."""
    turbo_class = turbo.import_turbo()
    plain = turbo_class.from_local

    def from_local(folder: Path, device: str) -> Any:
        model = plain(folder, device)
        never_end(model.t3)
        return model

    turbo_class.from_local = from_local
    try:
        yield
    finally:
        turbo_class.from_local = plain


@contextmanager
def _on(device: str) -> Iterator[None]:
    """The engine takes ``device``, whatever it would choose."""
    plain = turbo.best_device
    turbo.best_device = lambda: device
    try:
        yield
    finally:
        turbo.best_device = plain


def _autocast(device: str) -> Any:
    """What people add to stock on a GPU."""
    import torch

    return torch.autocast(device_type="cuda", dtype=torch.bfloat16, enabled=device == "cuda")


def _spread_over(stages: Stages, took: float, sound: float, tokens: int) -> dict[str, Any]:
    per_second = {f"{name}_s_per_s": stages.seconds[name] / sound for name in _STAGES}
    return {
        "steps_per_s": tokens / stages.seconds["decoder"],
        "work_s_per_s": took / sound,
        **per_second,
        "sound_s": sound,
        "whole_text_s": took,
    }


_STAGES = ("decoder", "flow", "vocoder", "watermark")


def _ratios(stock: dict[str, Any], ours: dict[str, Any]) -> dict[str, float]:
    return {
        "steps_per_s": ours["steps_per_s"] / stock["steps_per_s"],
        "two_steps_per_s": ours["two_steps_per_s"] / stock["steps_per_s"],
        "work_s_per_s": stock["work_s_per_s"] / ours["work_s_per_s"],
        "talking_s_per_s": stock["work_s_per_s"] / ours["talking_s_per_s"],
        **{f"{name}_s_per_s": stock[f"{name}_s_per_s"] / ours[f"{name}_s_per_s"] for name in _STAGES},
        "first_chunk_s": stock["first_chunk_s"] / ours["first_chunk_s"],
    }


def _recording(path: Path, number: int) -> Path:
    """Ten seconds that are not silent, to learn a voice from."""
    import soundfile

    noise = np.random.default_rng(number)
    pitch = 2 * np.pi * 110 * number * np.arange(240_000) / 24_000
    soundfile.write(path, 0.3 * np.sin(pitch) + 0.02 * noise.standard_normal(240_000), 24_000)
    return path


def _seed() -> None:
    import torch

    torch.manual_seed(SEED)


def _megabytes(size: int | None) -> float | None:
    return None if size is None else size / 1e6


def _machine(device: str) -> str:
    if device != "cuda":
        return describe()
    import torch

    return f"{torch.cuda.get_device_name()}; {describe()}"


if __name__ == "__main__":
    main()
