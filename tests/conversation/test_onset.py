"""The silence before a reply's first sound."""

from __future__ import annotations

import numpy as np
import pytest

from app.conversation.onset import LEAD, MOST, without_silent_lead
from app.engines import Samples

RATE = 24_000


def after(silence: float, rate: int = RATE) -> Samples:
    """A tone after so many seconds of a room's silence."""
    tone = 0.3 * np.sin(np.arange(rate // 2) / 20)
    whole: Samples = np.concatenate([np.full(round(silence * rate), 0.002), tone]).astype(np.float32)
    return whole


@pytest.mark.parametrize("rate", [22_050, RATE])
def test_nobody_waits_for_it(rate: int) -> None:
    given = after(0.08, rate)
    kept = without_silent_lead(given, rate)
    assert kept.size / rate == pytest.approx(0.5 + LEAD, abs=0.001)
    assert np.array_equal(kept, given[-kept.size :])


def test_sound_that_begins_at_once_is_left_as_it_is() -> None:
    given = after(0.0)
    assert np.array_equal(without_silent_lead(given, RATE), given)


def test_a_long_silence_is_meant() -> None:
    given = after(MOST + 0.1)
    assert without_silent_lead(given, RATE) is given


def test_silence_alone_stays_and_nothing_stays_nothing() -> None:
    for given in (np.zeros(RATE, np.float32), np.zeros(0, np.float32)):
        assert without_silent_lead(given, RATE).size == given.size
