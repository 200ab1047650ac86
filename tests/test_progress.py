"""How far a load is, how fast, and for how long still."""

from __future__ import annotations

import pytest

from app.progress import LoadCancelled, Pace, Progress, Step


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_speed_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.bytes_per_second(1_000_000) is None  # what an earlier download left costs no time
    speeds = []
    for second in range(1, 21):
        clock.now = float(second)
        done = 1_000_000 + (second * 1000 if second <= 10 else 10_000 + (second - 10) * 5000)
        speeds.append(pace.bytes_per_second(done))
    assert speeds[9] == 1000
    assert speeds[19] == 5000


def test_a_download_that_stands_still_has_no_time_left_to_tell() -> None:
    clock = Clock()
    pace = Pace(clock)
    for second in range(10):
        clock.now = float(second)
        speed = pace.bytes_per_second(500)
    assert speed == 0
    assert Step("Downloading", 500, 1000, "bytes", speed).seconds_left is None


def test_another_download_is_measured_anew() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.bytes_per_second(5000)
    clock.now = 1.0
    assert pace.bytes_per_second(0) is None
    clock.now = 2.0
    assert pace.bytes_per_second(700) == 700


def test_a_step_of_bytes_tells_how_fast_and_how_long() -> None:
    step = Step("Downloading model.bin", 250, 1000, "bytes", 100.0)
    assert step.as_dict() == {
        "stage": "Downloading model.bin",
        "done": 250,
        "total": 1000,
        "unit": "bytes",
        "bytes_per_second": 100,
        "seconds_left": 7.5,
    }
    assert set(Step("Starting").as_dict()) == {"stage", "done", "total", "unit"}


def test_whoever_gives_it_up_ends_it_at_its_next_step() -> None:
    steps: list[Step] = []
    progress = Progress(steps.append)
    progress.report("Loading", 1, 2)
    progress.cancel()
    with pytest.raises(LoadCancelled):
        progress.report("Loading", 2, 2)
    with pytest.raises(LoadCancelled):
        progress.check()
    with pytest.raises(LoadCancelled):
        progress.pause(3600)
    assert len(steps) == 1
