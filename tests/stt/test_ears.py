"""The ears: many open microphones, one thread that listens, and nobody hears what is another's."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from app.engines import Samples
from app.stt.activity import FRAME, VoiceActivity
from app.stt.ears import Ear, Ears
from tests.sound import pcm16
from tests.stt.conftest import Say

SENTENCE = "What is the capital of France?"


class Microphone:
    """One that is open, and what was heard in it."""

    def __init__(self, ears: Ears) -> None:
        self.lock = threading.RLock()
        self.frames: list[Samples] = []
        self.probabilities: list[float] = []
        self.ear: Ear = ears.open(16_000, self.lock, self.hear)

    def hear(self, frames: Samples, probabilities: Sequence[float]) -> None:
        self.frames.append(frames)
        self.probabilities += probabilities

    def sound(self) -> Samples:
        return np.concatenate([np.empty(0, np.float32), *self.frames])


class Broken(Microphone):
    def hear(self, frames: Samples, probabilities: Sequence[float]) -> None:
        super().hear(frames, probabilities)
        raise RuntimeError("what follows from this sound cannot be done")


def as_sent(sound: Samples) -> Samples:
    """``sound`` as 16-bit PCM carries it."""
    return np.frombuffer(pcm16(sound), "<i2").astype(np.float32) / 32_768


def test_many_microphones_at_once_are_each_heard_in_order_and_as_if_alone(say: Say) -> None:
    said = say(SENTENCE)
    ears = Ears()
    microphones = [Microphone(ears) for _ in range(8)]
    sounds = [np.concatenate([np.zeros(700 * number, np.float32), said]) for number in range(8)]

    def speak(microphone: Microphone, sound: Samples, size: int) -> None:
        for start in range(0, sound.size, size):
            microphone.ear.feed(pcm16(sound[start : start + size]))
        microphone.ear.settle()

    threads = [
        threading.Thread(target=speak, args=(microphone, sound, 300 + 111 * number))
        for number, (microphone, sound) in enumerate(zip(microphones, sounds, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for microphone, sound in zip(microphones, sounds, strict=True):
        whole = as_sent(sound)[: sound.size - sound.size % FRAME]
        np.testing.assert_array_equal(microphone.sound(), whole)
        assert microphone.probabilities == pytest.approx(VoiceActivity().probabilities(whole), abs=1e-4)
        assert max(microphone.probabilities) > 0.9


def test_what_came_before_a_reset_is_not_heard_after_it(say: Say) -> None:
    microphone = Microphone(Ears())
    with microphone.lock:  # the ears cannot tell what they hear meanwhile
        microphone.ear.feed(pcm16(np.full(10 * FRAME + 100, 0.5, np.float32)))
        microphone.ear.reset()
    microphone.ear.feed(pcm16(say(SENTENCE)))
    microphone.ear.settle()
    heard = as_sent(say(SENTENCE))
    np.testing.assert_array_equal(microphone.sound(), heard[: heard.size - heard.size % FRAME])


def test_who_sends_minutes_at_once_keeps_nobody_waiting(say: Say) -> None:
    ears = Ears()
    long, short = Microphone(ears), Microphone(ears)
    known: list[int] = []
    short.ear = ears.open(16_000, short.lock, lambda *_: known.append(long.sound().size))
    minutes = np.tile(say(SENTENCE), 40)
    with long.lock:  # the ears go on when both have come
        long.ear.feed(pcm16(minutes))
        short.ear.feed(pcm16(say(SENTENCE)))
    short.ear.settle()
    assert known[0] < minutes.size / 10
    long.ear.settle()
    np.testing.assert_array_equal(long.sound(), as_sent(minutes)[: minutes.size - minutes.size % FRAME])


def test_what_goes_wrong_with_one_is_nothing_to_the_others(say: Say) -> None:
    ears = Ears()
    broken, sound = Broken(ears), pcm16(say(SENTENCE))
    for _ in range(2):
        other = Microphone(ears)
        broken.ear.feed(sound)
        other.ear.feed(sound)
        other.ear.settle()
        assert max(other.probabilities) > 0.9
    assert broken.sound().size > 1.9 * say(SENTENCE).size
