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


def test_of_a_phrase_that_is_still_being_made_its_first_piece_is_not_all() -> None:
    spoken = SpokenText()
    spoken.add(0, 35, 370, is_whole=False)
    assert spoken.heard(TRANSCRIPT, 370) == "Good"
    assert spoken.spoken_until(TRANSCRIPT) == len("Good")


def test_with_its_last_piece_a_phrase_is_measured_by_how_long_it_was() -> None:
    spoken = SpokenText()
    spoken.add(0, 35, 370, is_whole=False)
    spoken.extend(630, is_whole=False)
    spoken.extend(0, is_whole=True)
    assert spoken.audio_ms == 1_000
    assert spoken.heard(TRANSCRIPT, 500) == "Good day to you."
    assert spoken.heard(TRANSCRIPT, 1_000) == TRANSCRIPT
    spoken.add(35, 36, 100)
    assert spoken.audio_ms == 1_100
