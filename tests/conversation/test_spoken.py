"""What was heard of a reply that was cut off."""

from __future__ import annotations

import pytest

from app.conversation.spoken import SpokenText

TRANSCRIPT = "Good day to you. How are you today?"


@pytest.fixture
def spoken() -> SpokenText:
    spoken = SpokenText()
    spoken.add(0, 16, 1_000)
    spoken.add(17, 35, 1_000)
    return spoken


@pytest.mark.parametrize(
    ("audio_end_ms", "heard"),
    [
        (0, ""),
        (100, ""),
        (250, "Good"),
        (500, "Good day"),
        (900, "Good day to"),
        (1_000, "Good day to you."),
        (1_500, "Good day to you. How are"),
        (2_000, TRANSCRIPT),
        (9_000, TRANSCRIPT),
    ],
)
def test_only_whole_words_that_had_passed_were_heard(
    spoken: SpokenText, audio_end_ms: float, heard: str
) -> None:
    assert spoken.heard(TRANSCRIPT, audio_end_ms) == heard


def test_nothing_was_heard_of_what_was_never_spoken() -> None:
    assert SpokenText().heard(TRANSCRIPT, 5_000) == ""
