"""Voice activity, frame by frame, for a microphone that stays open.

What Silero's network remembers drifts while nobody speaks: after ten seconds it notices a voice
late, and after a minute of an ordinary room's noise it misses words. So it starts afresh, from the
last half second, every five seconds in which there was no voice; and in silence it rests.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.engines import Samples
from app.stt.silero import silero

#: Samples that are judged at a time: 32 ms at 16 kHz.
FRAME = 512

#: Samples before a frame that the network sees together with it.
_CONTEXT = 64

#: Frames after which the network may start afresh ...
_LIFETIME = 160
#: ... from so many, in none of which a voice was more probable than this. From nothing at all it would
#: hear a steady hum begin each time, and take it for a voice.
_REMEMBERED, _NO_VOICE = 16, 0.3
#: Peak below which sound is silence. The network finds no voice below twice that.
_SILENCE = 0.0005


class VoiceActivity:
    """How probably somebody speaks in each frame of one stream of 16 kHz sound.

    Until it first starts afresh the probabilities are those that Silero gives for the whole recording.
    For one thread at a time; the network behind it is shared by all.
    """

    def __init__(self) -> None:
        self._network = silero()
        self.reset()

    def reset(self) -> None:
        """Forget the sound so far: another stream begins."""
        self._recent: Samples = np.zeros(_CONTEXT + _REMEMBERED * FRAME, dtype=np.float32)
        self._state = self._network.fresh()
        self._age = self._without_voice = 0
        self._is_resting = False

    def probability(self, frame: Samples) -> float:
        """The probability that there is a voice in the next ``frame``, of exactly FRAME samples."""
        (probability,) = self.probabilities(frame)
        return probability

    def probabilities(self, frames: Samples) -> list[float]:
        """The probabilities of the next frames, one after the other in ``frames``, shape
        (n * FRAME,)."""
        (found,) = side_by_side([self], [frames])
        return found

    def _windows(self, frames: Samples) -> list[Samples]:
        """What the network is to go through for ``frames``: nothing where it rests."""
        if frames.ndim != 1 or frames.size % FRAME:
            raise ValueError(f"sound comes in frames of {FRAME} samples, this is of shape {frames.shape}")
        if not frames.size:
            return []
        earlier = self._recent.size
        sound = np.concatenate([self._recent, frames])
        self._recent = sound[-earlier:]
        self._is_resting = self._is_resting and _is_silent(frames)
        return [] if self._is_resting else _windows(sound[earlier - _CONTEXT :])

    def _heard(self, found: Sequence[float]) -> None:
        """The network went through that."""
        self._age += len(found)
        before = self._without_voice // _REMEMBERED
        for probability in found:
            self._without_voice = self._without_voice + 1 if probability < _NO_VOICE else 0
        if self._without_voice // _REMEMBERED > before:
            self._refresh()

    def _refresh(self) -> None:
        """Start afresh, or rest, where it is time to."""
        self._is_resting = _is_silent(self._recent)
        if self._is_resting or self._age >= _LIFETIME:
            _, self._state = self._network.in_a_row(np.stack(_windows(self._recent)), self._network.fresh())
            self._age = _REMEMBERED


def side_by_side(activities: Sequence[VoiceActivity], sounds: Sequence[Samples]) -> list[list[float]]:
    """``VoiceActivity.probabilities`` for several streams at once, which costs less than one by one:
    the next frames of each, as many as there are."""
    network = silero()
    windows = [activity._windows(sound) for activity, sound in zip(activities, sounds, strict=True)]
    found: list[list[float]] = [[] for _ in activities]
    for step in range(max(map(len, windows), default=0)):
        live = [at for at, own in enumerate(windows) if step < len(own)]
        probabilities, states = network.side_by_side(
            [windows[at][step] for at in live], [activities[at]._state for at in live]
        )
        for at, probability, state in zip(live, probabilities, states, strict=True):
            found[at].append(probability)
            activities[at]._state = state
    for activity, own in zip(activities, found, strict=True):
        activity._heard(own)
    return [own or [0.0] * (sound.size // FRAME) for own, sound in zip(found, sounds, strict=True)]


def _windows(sound: Samples) -> list[Samples]:
    """``sound``, which begins with the context of its first frame, as the network takes it: views of
    _CONTEXT + FRAME samples."""
    return [sound[end - _CONTEXT - FRAME : end] for end in range(_CONTEXT + FRAME, sound.size + 1, FRAME)]


def _is_silent(sound: Samples) -> bool:
    return float(np.abs(sound).max()) < _SILENCE
