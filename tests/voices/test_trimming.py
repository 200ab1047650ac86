"""Which part of a recording is kept."""

from __future__ import annotations

import numpy as np
import pytest

from app.voices.trimming import Span, best_part, cut_out, speech_in

RATE = 100


@pytest.mark.parametrize(
    ("spans", "longest", "part"),
    [
        ([(10, 50)], 100, (10, 50)),
        ([(10, 50), (60, 100)], 100, (10, 100)),
        # What does not fit whole is left out.
        ([(10, 60), (70, 115)], 100, (10, 60)),
        # The densest part, and the first of equal ones.
        ([(0, 10), (200, 230), (240, 280), (400, 470)], 100, (200, 280)),
        ([(0, 10), (100, 110)], 50, (0, 10)),
        # Somebody who never pauses is cut off.
        ([(5, 500)], 100, (5, 105)),
        ([(0, 20), (130, 900)], 100, (130, 230)),
    ],
)
def test_the_part_with_the_most_speech_is_kept(spans: list[Span], longest: int, part: Span) -> None:
    assert best_part(spans, longest) == part


def test_of_random_recordings_no_other_part_has_more_speech() -> None:
    random = np.random.default_rng(5)
    for _ in range(200):
        edges = np.sort(random.choice(1000, 2 * random.integers(1, 8), replace=False))
        spans = [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
        longest = int(random.integers(50, 600))
        part = best_part(spans, longest)
        assert 0 < part[1] - part[0] <= longest
        ends_in_a_word = any(start < part[1] < end for start, end in spans)
        whole = [
            speech_in(spans, (start, end))
            for start, _ in spans
            for _, end in spans
            if start < end <= start + longest
        ]
        assert speech_in(spans, part) >= max(whole, default=0)
        assert not ends_in_a_word or part[1] - part[0] == longest


def test_the_cut_keeps_a_moment_on_either_side_and_makes_no_click() -> None:
    sound = np.ones(1000, dtype=np.float32)
    kept = cut_out(sound, (300, 600), RATE)
    assert kept.size == 300 + 10 + 25
    assert kept[0] == kept[-1] == 0
    assert kept[150] == 1
    assert sound.min() == 1  # a copy was faded
    assert cut_out(sound, (0, 1000), RATE).size == 1000
