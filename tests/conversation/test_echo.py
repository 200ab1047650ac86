"""Whether VOX hears itself."""

import pytest

from app.conversation.echo import is_echo

SAID = "The train to the coast leaves at nine in the morning,"


@pytest.mark.parametrize(
    "heard", ["leaves at nine", "to the coast.", "The train", "leave at nine in the moaning", "nine"]
)
def test_the_words_that_vox_just_said_are_its_echo(heard: str) -> None:
    assert is_echo(heard, SAID)


@pytest.mark.parametrize("heard", ["stop", "wait a moment", "no, at ten", "nine leaves train", "", "what?"])
def test_other_words_are_not(heard: str) -> None:
    assert not is_echo(heard, SAID)


def test_nothing_is_an_echo_of_silence() -> None:
    assert not is_echo("stop", "")
