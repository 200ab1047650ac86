"""VITS, Piper's network, run so that a sentence can be heard before the whole of it has been made.

Its first half turns phonemes into latents, one frame for every 12 ms; its second half, which takes longer,
turns latents into sound. The second sees only a few frames around each, so it can be run on a part at a time:
with CONTEXT frames on both sides the sound is the same as in one go (to 1e-6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
#: Frames that are made first, to be heard soon; each further part has twice as many, up to the most.
FIRST_PART = 32
LARGEST_PART = 256

#: Where Piper's models are cut: the second half begins with this layer.
_SECOND_HALF = "/dec/conv_pre/Conv"


class Vits:
    """A Piper model for one speaker is run in two halves; one of another make whole."""

    def __init__(self, file: Path) -> None:
        """Raises whatever onnx and onnxruntime make of a broken file."""
        model = onnx.load(str(file))
        inputs = [entry.name for entry in model.graph.input]
        latents = _latents(model)
        self.decoder: onnxruntime.InferenceSession | None = None
        if latents and "sid" not in inputs:
            halves = Extractor(model)
            self.decoder = _session(halves.extract_model([latents], [model.graph.output[0].name]))
            model = halves.extract_model(inputs, [latents])
        self.encoder = _session(model)

    def sound(self, inputs: Mapping[str, Any]) -> Iterator[Samples]:
        """Yield the sound of a sentence, a part at a time, as loud as the model makes it."""
        made = self.encoder.run(None, inputs)[0]
        if self.decoder is None:
            yield made.reshape(-1)
        else:
            yield from in_parts(made, self.decoder)


def in_parts(latents: Latents, decoder: onnxruntime.InferenceSession) -> Iterator[Samples]:
    """Yield the sound of ``latents``, of shape (1, channels, frames), a part at a time."""
    name = decoder.get_inputs()[0].name
    frames = latents.shape[2]
    for start, end in _parts(frames):
        before, after = min(CONTEXT, start), min(CONTEXT, frames - end)
        part = np.ascontiguousarray(latents[:, :, start - before : end + after])
        sound = decoder.run(None, {name: part})[0].reshape(-1)
        hop = sound.size // part.shape[2]
        yield sound[before * hop : sound.size - after * hop]


def _parts(frames: int) -> Iterator[tuple[int, int]]:
    """Where the parts of so many frames begin and end."""
    start, size = 0, FIRST_PART
    while start < frames:
        end = start + size
        if frames - end < FIRST_PART // 2:  # too little to be a part of its own
            end = frames
        yield start, end
        start, size = end, min(2 * size, LARGEST_PART)


def _latents(model: onnx.ModelProto) -> str:
    """The name of what the second half begins with; "" where there is none."""
    for node in model.graph.node:
        if node.name == _SECOND_HALF:
            return str(node.input[0])
    return ""


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
