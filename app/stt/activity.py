"""Voice activity, frame by frame, for a microphone that stays open.

What Silero's network remembers drifts while nobody speaks: after ten seconds it notices a voice
late, and after a minute of an ordinary room's noise it misses words. So it starts afresh, from the
last half second, every five seconds in which there was no voice; and in silence it rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.engines import Samples

if TYPE_CHECKING:
    import onnxruntime

#: Samples that are judged at a time: 32 ms at 16 kHz.
FRAME = 512

#: Samples before a frame that the network sees together with it.
_CONTEXT = 64
_STATE = (1, 1, 128)

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
        self._network = _network()
        self.reset()

    def reset(self) -> None:
        """Forget the sound so far: another stream begins."""
        self._recent: Samples = np.zeros(_CONTEXT + _REMEMBERED * FRAME, dtype=np.float32)
        self._forget()
        self._age = self._without_voice = 0
        self._is_resting = False

    def probability(self, frame: Samples) -> float:
        """The probability that there is a voice in the next ``frame``, of exactly FRAME samples."""
        (probability,) = self.probabilities(frame)
        return probability

    def probabilities(self, frames: Samples) -> list[float]:
        """The probabilities of the next frames, one after the other in ``frames``, shape
        (n * FRAME,). Several at once cost less than one by one."""
        if frames.ndim != 1 or frames.size % FRAME:
            raise ValueError(f"sound comes in frames of {FRAME} samples, this is of shape {frames.shape}")
        count = frames.size // FRAME
        if not count:
            return []
        earlier = self._recent.size
        sound = np.concatenate([self._recent, frames])
        self._recent = sound[-earlier:]
        self._is_resting = self._is_resting and _is_silent(frames)
        if self._is_resting:
            return [0.0] * count
        found = self._run(sound[earlier - _CONTEXT :])
        self._age += count
        for probability in found:
            self._without_voice = self._without_voice + 1 if probability < _NO_VOICE else 0
        self._refresh()
        return found

    def _refresh(self) -> None:
        """Start afresh, or rest, where it is time to."""
        if self._without_voice < _REMEMBERED:
            return
        self._is_resting = _is_silent(self._recent)
        if self._is_resting or self._age >= _LIFETIME:
            self._forget()
            self._run(self._recent)
            self._age = _REMEMBERED

    def _forget(self) -> None:
        self._hidden = np.zeros(_STATE, dtype=np.float32)
        self._cell = np.zeros(_STATE, dtype=np.float32)

    def _run(self, sound: Samples) -> list[float]:
        """Go through ``sound``, frames after their first context."""
        windows = np.lib.stride_tricks.sliding_window_view(sound, _CONTEXT + FRAME)[::FRAME]
        inputs = {"input": np.ascontiguousarray(windows), "h": self._hidden, "c": self._cell}
        found: npt.NDArray[np.float32]
        found, self._hidden, self._cell = self._network.run(None, inputs)
        return [float(probability) for probability in found.ravel()]


def _is_silent(sound: Samples) -> bool:
    return float(np.abs(sound).max()) < _SILENCE


def _network() -> onnxruntime.InferenceSession:
    """Silero 6 as faster-whisper carries it: the session that app/stt/vad.py uses too."""
    from faster_whisper.vad import get_vad_model

    return get_vad_model().session
