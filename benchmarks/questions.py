"""Questions as people ask them: spoken by the pack's voice, some with a hesitation inside.

A sentence is spoken as one, so that the voice does not fall before a hesitation as it does at an end;
then its commas' pauses are drawn out. Every run has the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from app.engines import Samples
from app.offline_pack import piper_voice
from tests.browser.mouth import MOUTH_RATE, loud_frames

#: "…" stands for a hesitation.
TEXTS = (
    "What is the capital of France?",
    "I was thinking … about … what should I cook tonight?",
    "Why is the sky blue?",
    "How do birds find their way in winter?",
    "Could you tell me … in a few words … how a bicycle stays upright?",
    "Can you tell me something about the sea?",
    "Tell me a story about a dragon.",
    "Well … what is the best way to learn a language?",
    "What should I cook for dinner tonight?",
    "My neighbour has a dog … and it barks all night … what can I do?",
    "How far away is the moon?",
    "Please give me three ideas for a birthday party.",
    "What is … um … the largest animal in the world?",
    "I cannot sleep at night. What would you do?",
    "Who wrote Romeo and Juliet?",
    "If I travel to Italy in May … what should I … take with me?",
    "Do cats like to swim?",
    "Explain to me how a rainbow is made.",
    "I would like to know … how old the earth is.",
    "What happens when water freezes?",
    "I have rice, tomatoes, and an egg. What can I make?",
    "How can I … you know … save some money every month?",
    "Where does chocolate come from?",
    "Is it better to run in the morning or in the evening?",
    "When I was a child … we had a garden … what grows well in the shade?",
    "Why do we dream?",
    "Name a good book for a long train ride.",
    "So … if it rains tomorrow … where can we go with the children?",
    "How do I get a stain out of a shirt?",
    "Which planet is the hottest one?",
    "I need a present for my sister … she likes music … what do you think?",
    "What makes bread rise?",
    "Can you help me write a short letter to my landlord?",
    "Let me see … what was the name of … the first man on the moon?",
    "Tell me something that most people do not know about bees.",
    "How many days are there in a leap year?",
)

#: What people say when they have heard enough.
INTERRUPTIONS = (
    "Wait, I have another question.",
    "No, tell me something else please.",
    "Stop there, that is enough for today.",
    "Okay, and what about the weather?",
    "Hold on, who told you that?",
)

#: Root mean square of the noise of two rooms, in decibels of full scale; the voice has about -25.
ROOMS = (-65.0, -48.0)
#: Seconds of a hesitation, and before the first word.
HESITATION = (0.3, 1.2)
LEAD_IN = (0.2, 0.9)
#: How slowly the voice speaks; 1 is its own pace.
PACES = (1.0, 1.1, 0.95, 1.2)


@dataclass(frozen=True)
class Question:
    """A question; the sound is float32 at 48 kHz without the room's noise, times are in seconds."""

    text: str
    samples: Samples
    #: Where the voice begins and ends in ``samples``.
    voiced_from: float
    voiced_until: float
    #: Where each hesitation begins and ends.
    hesitations: tuple[tuple[float, float], ...]
    #: Root mean square of the room in which it is asked, in decibels of full scale.
    room: float

    @property
    def words(self) -> str:
        """What is said, without marks of hesitation."""
        return " ".join(self.text.replace("…", " ").split())


def questions(count: int = len(TEXTS)) -> Iterator[Question]:
    """The first ``count`` questions. Raises RuntimeError where the offline pack is not installed."""
    voice = _Voice()
    for number, text in enumerate(TEXTS[:count]):
        random = np.random.default_rng(number)
        spoken = voice.say(text.replace(" …", ","), PACES[number % len(PACES)])
        drawn_out, hesitations = _hesitate(spoken, text.count("…"), random)
        lead_in = _silence(random.uniform(*LEAD_IN))
        samples = np.concatenate([lead_in, drawn_out])
        shift = lead_in.size / MOUTH_RATE
        yield Question(
            text=text,
            samples=samples,
            voiced_from=shift,
            voiced_until=samples.size / MOUTH_RATE,
            hesitations=tuple((begin + shift, end + shift) for begin, end in hesitations),
            room=ROOMS[number // 2 % len(ROOMS)],
        )


def interruptions(count: int) -> Iterator[Samples]:
    """``count`` utterances at 48 kHz with which people interrupt, each beginning with the voice."""
    voice = _Voice()
    for number in range(count):
        yield voice.say(INTERRUPTIONS[number % len(INTERRUPTIONS)], PACES[number % len(PACES)])


class _Voice:
    """The pack's voice, its chance such that it says the same texts in the same way each time."""

    def __init__(self) -> None:
        files = piper_voice()
        if files is None:
            raise RuntimeError("The offline pack's voice is not installed: uv sync --group pack")
        import onnxruntime
        from piper import PiperVoice

        onnxruntime.set_seed(1)  # for what is loaded from now on
        self._voice = PiperVoice.load(*map(str, files))

    def say(self, text: str, pace: float) -> Samples:
        """``text`` at 48 kHz, from the voice's first sample to its last."""
        from piper import SynthesisConfig

        spoken = self._voice.synthesize(text, SynthesisConfig(length_scale=pace))
        chunks = [chunk.audio_float_array for chunk in spoken]
        sound = soxr.resample(np.concatenate(chunks), self._voice.config.sample_rate, MOUTH_RATE)
        voiced = np.flatnonzero(loud_frames(sound, MOUTH_RATE))
        frame = MOUTH_RATE // 100
        return np.asarray(sound[voiced[0] * frame : (voiced[-1] + 1) * frame], dtype=np.float32)


def _hesitate(
    spoken: Samples, count: int, random: np.random.Generator
) -> tuple[Samples, list[tuple[float, float]]]:
    """``spoken`` with its ``count`` longest pauses drawn out, and where they are now, in seconds."""
    pieces: list[Samples] = []
    hesitations = []
    at = 0
    for begin, end in sorted(_pauses(spoken)[:count]):
        middle = (begin + end) // 2
        pieces += [spoken[at:middle], _silence(random.uniform(*HESITATION) - (end - begin) / MOUTH_RATE)]
        so_far = sum(piece.size for piece in pieces)
        hesitations.append(
            ((so_far - pieces[-1].size - (middle - begin)) / MOUTH_RATE, (so_far + end - middle) / MOUTH_RATE)
        )
        at = middle
    return np.concatenate([*pieces, spoken[at:]]), hesitations


def _pauses(spoken: Samples) -> Sequence[tuple[int, int]]:
    """The first sample of each pause and the one after its last, the longest pauses first."""
    loud = np.concatenate([[True], loud_frames(spoken, MOUTH_RATE), [True]])
    begins = np.flatnonzero(loud[:-1] & ~loud[1:])
    ends = np.flatnonzero(~loud[:-1] & loud[1:])
    frame = MOUTH_RATE // 100
    pauses = [(int(begin) * frame, int(end) * frame) for begin, end in zip(begins, ends, strict=True)]
    return sorted(pauses, key=lambda pause: pause[0] - pause[1])


def _silence(seconds: float) -> Samples:
    return np.zeros(max(0, round(seconds * MOUTH_RATE)), dtype=np.float32)
