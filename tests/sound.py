"""Recordings and words, for comparing what was said with what was heard."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

from app.conversation.words import spoken_words

#: Mono, float32 in [-1, 1].
Recording = npt.NDArray[np.float32]


def pcm16(recording: Recording) -> bytes:
    """``recording`` as 16-bit little-endian PCM."""
    return (np.clip(recording, -1, 1) * 32767).astype("<i2").tobytes()


def words(text: str) -> list[str]:
    """The words of ``text``, for comparing what was said with what was heard."""
    return spoken_words(text)


def likeness(said: str, heard: str) -> float:
    """How alike two texts sound, 0 to 1: by their letters, for "France is" may be heard as
    "Francis"."""
    return SequenceMatcher(None, "".join(words(said)), "".join(words(heard)), autojunk=False).ratio()
