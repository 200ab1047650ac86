"""Chatterbox Turbo: a natural voice that can also speak with the voice of a recording."""

from __future__ import annotations

import gc
import logging
import threading
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from app import memory
from app.engines import EngineError, Samples, Stop
from app.progress import LoadCancelled, Progress
from app.tts import turbo
from app.tts.checkpoint import find_checkpoint
from app.tts.queueing import turn
from app.tts.tags import CHATTERBOX_TAGS
from app.tts.voices import Recording, recording

log = logging.getLogger(__name__)

#: The voice that comes with the checkpoint.
BUILT_IN = "default"
#: Prepared voices kept in memory; each takes about a megabyte.
MAX_PREPARED_VOICES = 16


class _Stopped(Exception):
    """Raised inside the model when the stop is set."""


class ChatterboxSynthesizer:
    """Chatterbox Turbo by its own loading and generating code. Safe to use from any thread:
    phrases take turns, for the model keeps the current voice in itself."""

    name = "Chatterbox Turbo"
    tags = CHATTERBOX_TAGS
    voices: tuple[str, ...] = (BUILT_IN,)

    def __init__(self, directory: str = "", voice: str = "", *, offline: bool = False) -> None:
        """``directory`` holds a checkpoint, "" asks the model hub. ``voice`` is who speaks when
        nobody is asked for: "", a name, or the path of a recording."""
        self.device = "cpu"
        self.notice = ""
        self.sample_rate = 24_000
        self._directory = directory
        self._voice = voice or BUILT_IN
        self._offline = offline
        self._lock = threading.Lock()
        self._model: turbo.TurboTTS | None = None
        self._built_in: Any = None
        self._prepared: OrderedDict[Recording, Any] = OrderedDict()
        self._stop: Stop | None = None

    def load(self, progress: Progress) -> None:
        """Load the checkpoint, from the hub if no directory was given. Raises EngineError."""
        try:
            self._load(progress)
        except (EngineError, LoadCancelled):
            self.unload()
            raise
        except Exception as problem:
            error = self._load_error(problem)
            traceback.clear_frames(problem.__traceback__)  # they hold what was loaded so far
            self.unload()
            raise error from problem

    def _load(self, progress: Progress) -> None:
        progress.report("Looking for Chatterbox Turbo", 0, 4)
        checkpoint = find_checkpoint(self._directory, progress, offline=self._offline)
        progress.report("Starting PyTorch", 1, 4)
        turbo_class = turbo.import_turbo()
        self.device = turbo.best_device()
        turbo.prepare(self.device)
        progress.report("Loading Chatterbox Turbo's weights", 2, 4)
        checkpoint.check_voice()
        model = turbo_class.from_local(checkpoint.folder, self.device)
        gc.collect()  # the weights passed through main memory on their way to the GPU
        progress.report("Warming up the voice", 3, 4)
        self._adopt(model)

    def unload(self) -> None:
        with self._lock:
            self._model = None
            self._built_in = None
            self._prepared.clear()
        gc.collect()
        turbo.release_memory(self.device)
        memory.give_back()

    def parts(self) -> dict[str, int]:
        """The loaded model's parts and how many parameters each has."""
        model = self._model
        if model is None:
            return {}
        return {
            name: sum(parameter.numel() for parameter in getattr(model, name).parameters())
            for name in ("t3", "s3gen", "ve")
        }

    def synthesize(self, phrase: str, voice: str | None, stop: Stop) -> Iterator[Samples]:
        """Yield the sound of ``phrase`` in one piece; the model is left as soon as ``stop`` is set.

        ``voice`` is None, a name, or the path of a recording longer than 5 s.
        """
        with turn(self._lock, stop) as is_mine:
            samples = self._speak(phrase, voice or self._voice, stop) if is_mine else None
        if samples is not None and not stop.is_set():
            yield samples

    def _adopt(self, model: turbo.TurboTTS) -> None:
        """Take a freshly loaded model, and do now what would make the first phrase late."""
        self._leave_when_stopped(model)
        with self._lock:
            self._model = model
            self._built_in = model.conds
            self.sample_rate = int(model.sr)
            self._conditionals(model, self._voice)
        if self.device != "cpu":
            for _ in self.synthesize("This is how I sound.", None, threading.Event()):
                pass

    def _speak(self, phrase: str, voice: str, stop: Stop) -> Samples | None:
        """The sound of ``phrase``, None once ``stop`` is set. The caller holds the lock."""
        model = self._model
        if model is None:
            raise EngineError("Chatterbox is not loaded. Load the voice, then try again.")
        try:
            model.conds = self._conditionals(model, voice)
            self._stop = stop
            with turbo.inference(), turbo.half_precision(self.device):
                sound = model.generate(phrase)
            # Stock has brought it to the CPU already, once, to put in the watermark.
            samples: Samples = sound.squeeze(0).float().cpu().numpy()
            return np.ascontiguousarray(samples)
        except _Stopped:
            return None
        except EngineError:
            raise
        except Exception as problem:
            error = self._speech_error(problem)
            traceback.clear_frames(problem.__traceback__)  # they hold tensors, on the GPU perhaps
            raise error from problem
        finally:
            self._stop = None
            model.conds = self._built_in
            turbo.release_memory(self.device)

    def _conditionals(self, model: turbo.TurboTTS, voice: str) -> Any:
        """What makes the model speak as ``voice``; computed once for each recording."""
        if voice in self.voices:
            return self._built_in
        wanted = recording(voice, self)
        if wanted not in self._prepared:
            try:
                with turbo.inference():
                    model.prepare_conditionals(str(wanted.path))
                self._prepared[wanted] = model.conds
            finally:
                model.conds = self._built_in  # a clone left on the model would be everyone's voice
            while len(self._prepared) > MAX_PREPARED_VOICES:
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(wanted)
        return self._prepared[wanted]

    def _leave_when_stopped(self, model: turbo.TurboTTS) -> None:
        """Look at the stop wherever the model's work passes: at each speech token, before each
        step of the flow, before the vocoder."""
        flow = model.s3gen.flow
        for part in (
            model.t3.tfmr,
            flow.encoder,
            flow.decoder.estimator.time_mlp,
            model.s3gen.mel2wav.f0_predictor,
        ):
            part.register_forward_pre_hook(self._check_stop)

    def _check_stop(self, *_: Any) -> None:
        if self._stop is not None and self._stop.is_set():
            raise _Stopped

    def _load_error(self, problem: Exception) -> EngineError:
        if isinstance(problem, ImportError):
            return EngineError(
                f"Chatterbox is not installed ({problem}). Install it: pip install chatterbox-tts"
            )
        if _is_out_of_memory(problem):
            return EngineError(
                f"Chatterbox Turbo needs about 4 GB, more memory than is free ({self.device}). "
                "Close other programs, or set VOX_TTS=piper."
            )
        log.error("loading Chatterbox failed", exc_info=problem)
        first_line = (str(problem).splitlines() or [""])[0][:200]
        return EngineError(
            f"Chatterbox Turbo could not be loaded: {type(problem).__name__}: {first_line} "
            "Check that its folder holds the released checkpoint, or set VOX_TTS=piper."
        )

    def _speech_error(self, problem: Exception) -> EngineError:
        if _is_out_of_memory(problem):
            return EngineError(
                f"Chatterbox ran out of memory ({self.device}) on a phrase. Close other programs that "
                "use it, or set VOX_TTS=piper."
            )
        log.error("Chatterbox failed on a phrase", exc_info=problem)
        return EngineError(
            f"Chatterbox failed on a phrase ({type(problem).__name__}). The log says more; "
            "the next phrase may work."
        )


def _is_out_of_memory(problem: Exception) -> bool:
    """Torch raises an error of its own for the GPU and a plain RuntimeError for main memory."""
    words = str(problem).lower()
    return isinstance(problem, MemoryError) or "out of memory" in words or "can't allocate memory" in words
