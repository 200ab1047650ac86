"""What went wrong inside the model, as sentences for the person."""

from __future__ import annotations

import logging

from app.engines import EngineError

log = logging.getLogger(__name__)


def is_out_of_memory(problem: Exception) -> bool:
    """Torch raises an error of its own for the GPU and a plain RuntimeError for main memory."""
    words = str(problem).lower()
    return isinstance(problem, MemoryError) or "out of memory" in words or "can't allocate memory" in words


def load_error(problem: Exception, device: str) -> EngineError:
    """The sentence for a ``problem`` that ended loading."""
    if isinstance(problem, ImportError):
        return EngineError(f"Chatterbox is not installed ({problem}). Install it: pip install chatterbox-tts")
    if is_out_of_memory(problem):
        return EngineError(
            f"Chatterbox Turbo needs about 4 GB, more memory than is free ({device}). "
            "Close other programs, or set VOX_TTS=piper."
        )
    log.error("loading Chatterbox failed", exc_info=problem)
    first_line = (str(problem).splitlines() or [""])[0][:200]
    return EngineError(
        f"Chatterbox Turbo could not be loaded: {type(problem).__name__}: {first_line} "
        "Check that its folder holds the released checkpoint, or set VOX_TTS=piper."
    )


def speech_error(problem: Exception, device: str, remedy: str) -> EngineError:
    """The sentence for a ``problem`` that ended a phrase; ``remedy`` is what was done, or is to be
    done, about memory that did not suffice."""
    if is_out_of_memory(problem):
        return EngineError(f"Chatterbox ran out of memory ({device}) on a phrase. {remedy}")
    log.error("Chatterbox failed on a phrase", exc_info=problem)
    return EngineError(
        f"Chatterbox failed on a phrase ({type(problem).__name__}). The log says more; "
        "the next phrase may work."
    )
