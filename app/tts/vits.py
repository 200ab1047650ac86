"""VITS, Piper's network, run so that a sentence can be heard before the whole of it has been made.

Its first half turns phonemes into latents, one frame for every 12 ms; its second half, which takes longer,
turns latents into sound. The second sees only a few frames around each, so it can be run on a part at a time:
with CONTEXT frames on both sides the sound is the same as in one go (to 1e-6).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx.utils import Extractor

from app.engines import Samples

Latents: TypeAlias = npt.NDArray[np.float32]

#: Frames that the second half needs before and after those it is to make.
CONTEXT = 12
#: Frames that are made first, at least, to be heard soon; each further part has up to twice as many.
FIRST_PART = 36
LARGEST_PART = 256
#: A part is heard for this much longer, at least, than the next one takes to make.
MARGIN = 2.0

#: Seconds of a frame in Piper's models: 256 samples at 22,050 Hz, or at 16,000 a little longer.
FRAME_SECONDS = 256 / 22_050
_ALL = 1_000_000

#: Where Piper's models are cut: the second half begins with this layer.
_SECOND_HALF = "/dec/conv_pre/Conv"


class Vits:
    """A Piper model for one speaker is run in two halves; one of another make whole. Not safe for threads."""

    def __init__(self, file: Path) -> None:
        """Raises whatever onnx and onnxruntime make of a broken file."""
        model = onnx.load(str(file))
        inputs = [entry.name for entry in model.graph.input]
        latents = _latents(model)
        self._decoder: Decoder | None = None
        if latents and "sid" not in inputs:
            halves = Extractor(model)
            self._decoder = Decoder(halves.extract_model([latents], [model.graph.output[0].name]))
            model = halves.extract_model(inputs, [latents])
        self.encoder = _session(model)

    def sound(self, inputs: Mapping[str, Any]) -> Iterator[Samples]:
        """Yield the sound of a sentence, a part at a time, as loud as the model makes it."""
        made = self.encoder.run(None, inputs)[0]
        if self._decoder is None:
            yield made.reshape(-1)
        else:
            yield from self._decoder.in_parts(made)


class Decoder:
    """The second half, run on parts so large that each is ready before the one before it has been heard, as
    fast as the machine was lately."""

    def __init__(self, model: onnx.ModelProto, clock: Callable[[], float] = time.perf_counter) -> None:
        self._session = _session(model)
        self._input = self._session.get_inputs()[0].name
        self._clock = clock
        #: The time that a frame took to make, as a share of the time it sounds.
        self.pace = 0.0

    def in_parts(self, latents: Latents) -> Iterator[Samples]:
        """Yield the sound of ``latents``, of shape (1, channels, frames), a part at a time."""
        frames = latents.shape[2]
        start, size = 0, first_part(self.pace)
        while start < frames:
            end = start + size
            if frames - end < FIRST_PART // 2:  # too little to be a part of its own
                end = frames
            before, after = min(CONTEXT, start), min(CONTEXT, frames - end)
            sound = self._run(latents[:, :, start - before : end + after])
            hop = sound.size // (before + end - start + after)
            yield sound[before * hop : sound.size - after * hop]
            start, size = end, next_part(size, self.pace)

    def whole(self, latents: Latents) -> Samples:
        """The sound of ``latents`` in one go."""
        sound: Samples = self._session.run(None, {self._input: np.ascontiguousarray(latents)})[0]
        return sound.reshape(-1)

    def _run(self, latents: Latents) -> Samples:
        began = self._clock()
        sound = self.whole(latents)
        taken = (self._clock() - began) / (latents.shape[2] * FRAME_SECONDS)
        self.pace = taken if not self.pace else (self.pace + taken) / 2
        return sound


def first_part(pace: float) -> int:
    """Frames of the first part: with that many, the next part can be as large and come in time. All there
    are where the machine is too slow for that."""
    spare = 1 / (MARGIN * pace) - 1 if pace else float("inf")
    return max(FIRST_PART, math.ceil(2 * CONTEXT / spare)) if spare > 0 else _ALL


def next_part(size: int, pace: float) -> int:
    """Frames of the part after one of ``size``."""
    in_time = size / (MARGIN * pace) - 2 * CONTEXT if pace else float("inf")
    return min(2 * size, LARGEST_PART, max(FIRST_PART, math.floor(min(in_time, LARGEST_PART))))


def _latents(model: onnx.ModelProto) -> str:
    """The name of what the second half begins with; "" where there is none."""
    for node in model.graph.node:
        if node.name == _SECOND_HALF:
            return str(node.input[0])
    return ""


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
