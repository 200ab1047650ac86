"""How often the page hears of an engine's work on one phrase."""

from __future__ import annotations

from collections.abc import Callable

from app.conversation.phrase_progress import PhraseProgress
from tests.conversation.clock import StandingClock


def listening(told: list[float]) -> Callable[[float], bool]:
    def tell(fraction: float) -> bool:
        told.append(fraction)
        return True

    return tell


def test_it_is_told_at_most_ten_times_a_second() -> None:
    clock = StandingClock()
    told: list[float] = []
    progress = PhraseProgress(listening(told), clock)
    for step in range(1, 101):  # two seconds, a step every 20 ms
        clock.now = step / 50
        progress(step / 100)
    assert 18 <= len(told) <= 20
    assert told == sorted(told)
    assert set(told) <= {step / 100 for step in range(1, 101)}


def test_less_than_one_percent_is_not_worth_a_word() -> None:
    clock = StandingClock()
    told: list[float] = []
    progress = PhraseProgress(listening(told), clock)
    for second, fraction in enumerate([0.0, 0.009, 0.3, 0.305, 0.3, 0.311]):
        clock.now = float(second)
        progress(fraction)
    assert told == [0.3, 0.311]


def test_what_could_not_be_told_is_told_at_the_next_chance() -> None:
    tried: list[float] = []

    def tell(fraction: float) -> bool:
        tried.append(fraction)
        return len(tried) > 2

    progress = PhraseProgress(tell, StandingClock())
    for fraction in [0.5, 0.5, 0.51, 0.6]:
        progress(fraction)
    assert tried == [0.5, 0.5, 0.51]
