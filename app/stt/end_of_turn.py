"""The end of a turn: whether somebody who pauses has finished, by the sound of the voice.

Smart Turn 3.2 (BSD-2), a network of 8 MB in 8 bits, takes Whisper's spectrogram of the last eight
seconds. It comes in the package pipecat-ai, of which nothing else is used and nothing is imported.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

log = logging.getLogger(__name__)

_PACKAGE = "pipecat"
_MODEL = Path("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")

_SECONDS = 8
_SAMPLES = _SECONDS * TRANSCRIBER_RATE
#: Keeps silence from being divided by nothing.
_LEAST_VARIANCE = 1e-7

_loading = threading.Lock()


class EndOfTurn:
    """The model in the file ``path``. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        import onnxruntime
        from faster_whisper.feature_extractor import FeatureExtractor

        options = onnxruntime.SessionOptions()
        # Whisper works at the same time: a second thread would take its core.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"], sess_options=options
        )
        self._spectrogram = FeatureExtractor(chunk_length=_SECONDS)

    def probability(self, audio: Samples) -> float:
        """How probably the turn ends with ``audio`` (16 kHz, the pause so far included), 0 to 1.

        Its last eight seconds count.
        """
        spectrogram = self._spectrogram(_as_trained(audio), padding=0)
        (found,) = self._session.run(None, {"input_features": spectrogram[np.newaxis]})
        return float(found[0, 0])


def end_of_turn() -> EndOfTurn | None:
    """The model, loaded at the first call. None where there is none, which is logged once: then only
    silence ends a turn."""
    with _loading:
        return _loaded()


@cache
def _loaded() -> EndOfTurn | None:
    path = _installed()
    if path is None:
        log.warning(
            "Turns end after a silence only: the model that hears their end is not installed (package "
            "pipecat-ai, which needs Python 3.11)."
        )
        return None
    try:
        return EndOfTurn(path)
    except Exception as problem:  # of many kinds, from native code
        log.warning("Turns end after a silence only: %s could not be loaded: %s", path, problem)
        return None


def _installed() -> Path | None:
    """The model's file, found without importing its package, which takes seconds."""
    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    paths = (Path(folder) / _MODEL for folder in folders or ())
    return next((path for path in paths if path.is_file()), None)


def _as_trained(audio: Samples) -> Samples:
    """Eight seconds, silence in front, of mean 0 and variance 1."""
    last = audio[-_SAMPLES:]
    whole = np.pad(last, (_SAMPLES - last.size, 0))
    scaled = (whole - whole.mean()) / np.sqrt(whole.var() + _LEAST_VARIANCE)
    return np.asarray(scaled, dtype=np.float32)
