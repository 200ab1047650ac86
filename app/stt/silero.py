"""Silero's network for voice activity, as faster-whisper carries it: for one stream of sound, and for
several side by side.

The network goes through one stream, frame after frame. One that takes the next frame of each of
several streams is the same with two axes turned: what was time becomes the streams. Calling the
network costs twice as much as its work on a frame, so with many open microphones that matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx
    import onnxruntime

Array = npt.NDArray[np.float32]
#: What the network remembers of streams: hidden and cell state, each of shape (1, streams, 128).
State = tuple[Array, Array]

_FILE = "silero_vad_v6.onnx"


class Silero:
    """Windows are of 576 samples at 16 kHz: a frame of 512, and the 64 before it. Safe to share between
    threads."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._in_a_row: onnxruntime.InferenceSession = get_vad_model().session
        self._side_by_side = _session(_turned(_released()))

    @staticmethod
    def fresh() -> State:
        """The state of a stream that begins."""
        return np.zeros((1, 1, 128), dtype=np.float32), np.zeros((1, 1, 128), dtype=np.float32)

    def in_a_row(self, windows: Array, state: State) -> tuple[list[float], State]:
        """The probability of a voice in each of ``windows`` (n, 576), which follow each other in one
        stream, and its state after them."""
        found, hidden, cell = self._run(self._in_a_row, windows, state)
        return [float(probability) for probability in found.ravel()], (hidden, cell)

    def side_by_side(
        self, windows: Sequence[Array], states: Sequence[State]
    ) -> tuple[list[float], list[State]]:
        """The same for streams beside each other, one window of (576,) of each."""
        hidden, cell = (np.concatenate(parts, axis=1) for parts in zip(*states, strict=True))
        found, hidden, cell = self._run(self._side_by_side, np.stack(windows), (hidden, cell))
        after = [(hidden[:, at : at + 1], cell[:, at : at + 1]) for at in range(len(windows))]
        return [float(probability) for probability in found.ravel()], after

    @staticmethod
    def _run(session: onnxruntime.InferenceSession, windows: Array, state: State) -> tuple[Array, ...]:
        hidden, cell = state
        return tuple(session.run(None, {"input": windows, "h": hidden, "c": cell}))


@cache
def silero() -> Silero:
    """The network, loaded at the first call."""
    return Silero()


def _released() -> onnx.ModelProto:
    import onnx
    from faster_whisper.utils import get_assets_path

    return onnx.load(str(Path(get_assets_path()) / _FILE))


def _turned(model: onnx.ModelProto) -> onnx.ModelProto:
    """The LSTM takes (time, streams, features). What comes before it yields (frames, features, 1), and
    what comes after it wants (1, features, frames)."""
    graph = model.graph
    lstm = next(node for node in graph.node if node.op_type == "LSTM")
    for node in graph.node:
        if node.op_type == "Transpose":
            is_before = node.output[0] == lstm.input[0]
            del node.attribute[0].ints[:]
            node.attribute[0].ints.extend((2, 0, 1) if is_before else (0, 2, 1))
    for value in (*graph.input, *graph.output):
        if value.name in ("h", "c", "hn", "cn"):
            value.type.tensor_type.shape.dim[1].dim_param = "streams"
    return model


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"], sess_options=options
    )
