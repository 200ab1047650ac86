"""What a listener has heard, as far as the server can tell."""

from __future__ import annotations

from app.conversation.playback import Playback
from tests.conversation.clock import StandingClock


def test_a_phrase_sent_into_silence_sounds_at_once() -> None:
    playback = Playback(StandingClock())
    playback.sent(2.0)
    assert playback.unheard() == 0
    assert playback.until_next() is None


def test_a_phrase_sent_while_another_sounds_begins_when_that_ends() -> None:
    clock = StandingClock()
    playback = Playback(clock)
    playback.sent(2.0)
    clock.now = 0.5
    playback.sent(3.0)
    assert (playback.unheard(), playback.until_next()) == (1, 1.5)
    clock.now = 1.75
    playback.sent(1.0)
    assert (playback.unheard(), playback.until_next()) == (2, 0.25)
    clock.now = 2.0
    assert (playback.unheard(), playback.until_next()) == (1, 3.0)
    clock.now = 5.0
    assert (playback.unheard(), playback.until_next()) == (0, None)


def test_after_a_gap_the_next_phrase_sounds_when_it_is_sent() -> None:
    clock = StandingClock()
    playback = Playback(clock)
    playback.sent(1.0)
    clock.now = 10.0
    playback.sent(1.0)
    playback.sent(1.0)
    assert (playback.unheard(), playback.until_next()) == (1, 1.0)


def test_further_pieces_of_a_phrase_make_it_longer_and_are_no_phrase() -> None:
    clock = StandingClock()
    playback = Playback(clock)
    playback.sent(1.0)
    playback.sent(1.0)
    playback.extended(2.0)
    assert (playback.unheard(), playback.until_next()) == (1, 1.0)
    playback.sent(1.0)
    clock.now = 1.0
    assert (playback.unheard(), playback.until_next()) == (1, 3.0)
