"""Which voice speaks: Chatterbox where it can be had and keeps up with talking, else Piper."""

from __future__ import annotations

import ctypes
import platform
import sys
import threading
import time

from app.engines import EngineError, Synthesizer
from app.progress import Progress
from app.settings import Settings
from app.tts import turbo
from app.tts.chatterbox import ChatterboxSynthesizer
from app.tts.piper import PiperSynthesizer
from app.voices.library import LEARNED, VoiceLibrary

#: Seconds of work for one second of sound above which speech has gaps.
KEEPS_UP = 1.0

_MEASURED_PHRASE = "This sentence is spoken only to see how fast this machine can speak."


def load_synthesizer(settings: Settings, progress: Progress) -> Synthesizer:
    """The voice that ``settings`` ask for, loaded.

    ``auto`` falls back to Piper and says why in its notice; a voice asked for by name is never
    swapped. Raises EngineError, and LoadCancelled.
    """
    if settings.tts == "piper":
        return _piper(settings, progress)
    if settings.tts == "chatterbox":
        return _chatterbox(settings, progress)
    try:
        return _chatterbox_that_keeps_up(settings, progress)
    except EngineError as problem:
        return _piper(settings, progress, str(problem))


def seconds_per_second(synthesizer: Synthesizer) -> float:
    """Seconds of work that ``synthesizer`` takes for one second of sound, measured by speaking."""
    started = time.perf_counter()
    samples = sum(piece.size for piece in synthesizer.synthesize(_MEASURED_PHRASE, None, threading.Event()))
    return (time.perf_counter() - started) * synthesizer.sample_rate / max(samples, 1)


def _chatterbox(settings: Settings, progress: Progress) -> ChatterboxSynthesizer:
    synthesizer = ChatterboxSynthesizer(
        settings.chatterbox_dir,
        settings.voice,
        precision=settings.chatterbox_precision,
        library=VoiceLibrary(settings.data_dir / "voices"),
        kept_voices=settings.data_dir / "voices" / LEARNED,
        offline=settings.offline,
    )
    synthesizer.load(progress)
    return synthesizer


def _chatterbox_that_keeps_up(settings: Settings, progress: Progress) -> ChatterboxSynthesizer:
    """Chatterbox, or an EngineError with the reason why it cannot be talked with here."""
    if not _has_gpu(progress):
        raise EngineError(
            "Chatterbox needs a GPU to answer quickly: a processor takes seconds until its first sound. "
            "Set VOX_TTS=chatterbox to hear it anyway."
        )
    synthesizer = _chatterbox(settings, progress)
    try:
        progress.report("Measuring how fast the voice is")
        check_pace(synthesizer)
    except BaseException:
        synthesizer.unload()
        raise
    return synthesizer


def check_pace(synthesizer: Synthesizer) -> None:
    """Raise EngineError unless ``synthesizer`` speaks faster than it is listened to."""
    pace = seconds_per_second(synthesizer)
    if pace >= KEEPS_UP:
        raise EngineError(
            f"{synthesizer.name} works {pace:.1f} s on each second of sound ({synthesizer.device}), too slow "
            "to talk. Set VOX_TTS=chatterbox to hear it anyway."
        )


def _piper(settings: Settings, progress: Progress, reason: str = "") -> PiperSynthesizer:
    """Piper, which says why it speaks if that is not what was asked for."""
    synthesizer = PiperSynthesizer(settings.voice, f"Piper speaks for now. {reason}" if reason else "")
    try:
        synthesizer.load(progress)
    except EngineError as problem:
        if not reason:
            raise
        raise EngineError(f"No voice can speak. {reason} {problem}") from problem
    return synthesizer


def _has_gpu(progress: Progress) -> bool:
    """Whether torch finds a GPU. Importing torch takes seconds, so it is asked only where there
    may be one."""
    if not _may_have_gpu():
        return False
    progress.report("Starting PyTorch")
    return turbo.best_device() != "cpu"


def _may_have_gpu() -> bool:
    """Whether this is a Mac with Apple's own chip, or has NVIDIA's driver."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
