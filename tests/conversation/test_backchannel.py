"""Backchannels: those who listen may make a sound without being asked what they want."""

from __future__ import annotations

import pytest

from app.conversation.backchannel import is_backchannel

#: What Whisper tiny.en wrote for the pack's voice saying mm-hm, uh-huh, hm, ah, um, okay, laughing.
HEARD = ["Mm-hmm.", "MMMM", "M-H-M", "HM.", "Uh", "Uh huh.", "Um.", "Oh.", "Uh oh.", "Aha.", "Ha-ha-ha."]


@pytest.mark.parametrize("words", HEARD)
def test_what_whisper_writes_for_humming_is_one(words: str) -> None:
    assert is_backchannel(words)


@pytest.mark.parametrize("words", ["", " ", ".", "...", "[cough]", "(laughs)", "*sighs*", "[BLANK_AUDIO]"])
def test_nothing_at_all_is_one(words: str) -> None:
    assert is_backchannel(words)


@pytest.mark.parametrize(
    "words",
    ["Yeah.", "Okay.", "OK", "Right.", "I see.", "Got it.", "All right.", "Of course.", "Sure.", "Yes."],
)
def test_agreement_is_one(words: str) -> None:
    assert is_backchannel(words)


@pytest.mark.parametrize(
    "words",
    [
        "Yeah, yeah.",
        "mm hmm okay",
        "Oh, I see.",
        "[cough] Right.",
        "Yeah, right, okay, sure.",
        "Hahaha, yes!",
    ],
)
def test_several_of_them_in_a_row_are_one(words: str) -> None:
    assert is_backchannel(words)


@pytest.mark.parametrize(
    "words", ["Ja, genau.", "Ach so, mhm.", "D’accord.", "Euh, oui.", "Sí, claro.", "Ajá."]
)
def test_german_french_and_spanish_have_theirs(words: str) -> None:
    assert is_backchannel(words)


@pytest.mark.parametrize(
    "words",
    [
        "Stop.",
        "Wait.",
        "No.",
        "Nope.",
        "Hey.",
        "Hold on.",
        "Hello.",
        "Be quiet.",
        "Thank you.",
        "Shh.",
        "Nein.",
        "Non.",
        "7",
    ],
)
def test_a_word_that_wants_something_is_none(words: str) -> None:
    assert not is_backchannel(words)


@pytest.mark.parametrize("words", ["What?", "Why?", "Really?", "Hm?", "Okay?", "Right?", "Mm-hmm, and then?"])
def test_a_question_is_none(words: str) -> None:
    assert not is_backchannel(words)


@pytest.mark.parametrize(
    "words",
    [
        "Yeah, but no.",
        "Okay, stop.",
        "Right, tell me more.",
        "I see the house.",
        "All",
        "I know him",
        "[cough] Wait.",
    ],
)
def test_agreement_with_more_to_it_is_none(words: str) -> None:
    assert not is_backchannel(words)


@pytest.mark.parametrize(
    "words", ["He", "her", "or", "me", "home", "mum", "had", "use", "hum it", "am", "us", "a", "I"]
)
def test_a_word_is_not_taken_for_humming(words: str) -> None:
    assert not is_backchannel(words)


@pytest.mark.parametrize("words", ["等一下", "Подожди", "待って"])
def test_another_script_is_heard(words: str) -> None:
    assert not is_backchannel(words)


def test_who_agrees_at_length_wants_to_be_heard() -> None:
    assert is_backchannel("yeah yeah yeah yeah")
    assert not is_backchannel("yeah yeah yeah yeah yeah")


def test_laughter_may_be_long() -> None:
    assert is_backchannel("Ha ha ha ha ha ha ha!")
