"""Somebody who reads a text aloud, and a library to keep their voice in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.voices.intake import Intake
from app.voices.library import VoiceLibrary
from tests.sound import Recording

#: Read by the pack's voice in about eight seconds.
TEXT = (
    "The sun had not yet risen, and the sea could not be told from the sky. Then a dark line lay on "
    "the horizon, and slowly the morning came up behind it."
)


@pytest.fixture(scope="session")
def reading(speech: Callable[..., Recording]) -> Recording:
    """The text read aloud, at 24 kHz."""
    return speech(TEXT)


@pytest.fixture
def library(tmp_path: Path) -> VoiceLibrary:
    return VoiceLibrary(tmp_path / "voices")


@pytest.fixture
def intake() -> Intake:
    """A recording as it is kept; what the library does with it does not depend on what is heard."""
    sound = 0.2 * np.sin(np.arange(6 * 24_000, dtype=np.float32) / 20)
    return Intake(sound.astype(np.float32), 6.0, "")
