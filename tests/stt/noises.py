"""Sounds in which nobody speaks, 16 kHz, and adding them to speech."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

SECONDS = 4
_TIME = np.arange(SECONDS * TRANSCRIBER_RATE) / TRANSCRIBER_RATE


def _random() -> np.random.Generator:
    return np.random.default_rng(7)


def silence() -> Samples:
    return np.zeros(_TIME.size, dtype=np.float32)


def white(size: int = _TIME.size) -> Samples:
    return _float(0.1 * _random().standard_normal(size))


def pink(size: int = _TIME.size) -> Samples:
    spectrum = np.fft.rfft(_random().standard_normal(size))
    sound = np.fft.irfft(spectrum / np.sqrt(np.arange(1, spectrum.size + 1)), size)
    return _float(0.4 * sound / np.abs(sound).max())


def loud_white() -> Samples:
    return np.clip(6 * white(), -1, 1)


def clicks() -> Samples:
    sound = np.zeros(_TIME.size)
    for start in _random().integers(0, _TIME.size - 400, 12):
        sound[start : start + 400] += np.exp(-np.arange(400) / 40) * _random().uniform(0.3, 0.9)
    return _float(sound)


def typing() -> Samples:
    sound = np.zeros(_TIME.size)
    for start in _random().integers(0, _TIME.size - 800, 20):
        sound[start : start + 800] += 0.2 * np.exp(-np.arange(800) / 150) * _random().standard_normal(800)
    return _float(sound)


def hum(hertz: float) -> Callable[[], Samples]:
    """A mains hum with overtones, there from the first sample on."""
    return lambda: _float(
        sum(
            0.1 / overtone * np.sin(2 * np.pi * hertz * overtone * _TIME + overtone)
            for overtone in range(1, 9)
        )
    )


def hum_switched_on() -> Samples:
    return np.concatenate([silence()[: TRANSCRIBER_RATE // 2], hum(120)()])


def chord() -> Samples:
    return _float(sum(0.1 * np.sin(2 * np.pi * hertz * _TIME) for hertz in (262, 330, 392, 524, 660)))


def sweep() -> Samples:
    return _float(0.3 * np.sin(2 * np.pi * (100 * _TIME + 190 * _TIME**2)))


#: By name, for pytest's parameters.
NOISES: dict[str, Callable[[], Samples]] = {
    "silence": silence,
    "white": white,
    "loud white": loud_white,
    "pink": pink,
    "clicks": clicks,
    "typing": typing,
    "hum of 50 Hz": hum(50),
    "hum of 60 Hz": hum(60),
    "hum of 100 Hz": hum(100),
    "hum of 150 Hz": hum(150),
    "hum switched on": hum_switched_on,
    "chord": chord,
    "sweep": sweep,
}


def noisy(speech: Samples, noise: Callable[[int], Samples], decibels: float) -> Samples:
    """``speech`` with ``noise`` that is ``decibels`` quieter."""
    sound = noise(speech.size)
    power = float(np.square(speech).mean() / np.square(sound).mean())
    return _float(speech + sound * np.sqrt(power) * 10 ** (-decibels / 20))


def _float(sound: np.ndarray[tuple[int], np.dtype[np.float64]] | float) -> Samples:
    return np.asarray(sound, dtype=np.float32)
