"""Listening: from an open microphone to utterances that begin and end by themselves.

Sound comes in frames of 32 ms, each with the probability that it is somebody's voice. A few voiced
ones in a row begin an utterance. In a lull its words are looked for, and once that is a pause a model is
asked whether this sounds like the end. Whichever way the person goes on, nothing was lost: a pause that
was none is forgotten, and the end finds the words already there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal, Protocol

from app.conversation.detection import TurnDetection
from app.conversation.doubt import Doubt
from app.conversation.utterance import Utterance, frames_in
from app.engines import Samples
from app.stt.activity import FRAME

#: Voiced milliseconds in a row that begin an utterance: a click is shorter.
ONSET_MS = 96
#: The same while VOX thinks: a cough should not make it think again.
FIRM_ONSET_MS = 224
#: Those at which VOX, while it speaks, lowers its voice: no harm is done if that was for nothing.
DOUBT_MS = 64
#: Voiced milliseconds in a row after which a pause is over.
RESUME_MS = 64
#: Milliseconds of silence that may become a pause.
LULL_MS = 96
#: Milliseconds of silence that make a pause.
PAUSE_MS = 192
#: Milliseconds of silence after which the model is asked again about the same pause.
ASK_AGAIN_MS = 384
#: Milliseconds between two looks at what is being said.
LOOK_MS = 960
#: How much less probable a voice may be once it has begun.
_HYSTERESIS = 0.15

_ONSET, _FIRM_ONSET, _DOUBT = map(frames_in, (ONSET_MS, FIRM_ONSET_MS, DOUBT_MS))
_RESUME, _LULL, _PAUSE, _ASK_AGAIN, _LOOK = map(
    frames_in, (RESUME_MS, LULL_MS, PAUSE_MS, ASK_AGAIN_MS, LOOK_MS)
)

#: VOX is quiet, is about to answer, must not be interrupted now, or speaks and may be.
FloorState = Literal["free", "thinking", "deaf", "sounding"]

#: Voiced frames in a row that something begins with, by the state of the floor.
_NEEDED: dict[FloorState, int] = {"free": _ONSET, "thinking": _FIRM_ONSET, "sounding": _DOUBT}


class Floor(Protocol):
    """What listening leads to. Called by the thread that listens."""

    def state(self) -> FloorState: ...

    def voice(self, phase: Literal["duck", "hold", "resume"]) -> None:
        """Somebody makes a sound while VOX speaks."""

    def took_back(self) -> Samples | None:
        """The last utterance, if nobody has heard anything of an answer to it: it goes on. The
        answer is thrown away."""
        ...

    def begin(self, utterance: Utterance) -> None:
        """An utterance begins. Whatever VOX says ends."""

    def speaking(self, utterance: Utterance) -> None:
        """The utterance goes on; told about once a second."""

    def lull(self, utterance: Utterance) -> None:
        """Perhaps the person pauses: begin to look for the words, so that they are known sooner."""

    def pause(self, utterance: Utterance, number: int) -> None:
        """The person has paused, for the ``number``-th time: find the words, and judge whether this
        is the end. If so, ``Listening.judged_over`` is called."""

    def judge(self, utterance: Utterance, number: int) -> None:
        """The pause goes on: judge again."""

    def go_on(self) -> None:
        """The pause was not the end."""

    def end(self, utterance: Utterance) -> None:
        """The utterance is whole."""

    def drop(self) -> None:
        """What was begun is thrown away."""

    def ask(self, utterance: Utterance, number: int) -> None:
        """Find out what was said in short while VOX spoke; ``Listening.answered`` takes it."""


class Listening:
    """Listens for one session, which guards it. Positions are counted from its beginning."""

    def __init__(self, detection: TurnDetection, floor: Floor, max_seconds: float) -> None:
        self._detection = detection
        self._floor = floor
        self._max_seconds = max_seconds
        self._longest_silence = frames_in(detection.silence_ms)
        #: The frames before an utterance: what is kept of them, and those that begin it.
        self._before: deque[Samples] = deque(maxlen=frames_in(detection.prefix_ms) + _FIRM_ONSET)
        self._number = 0
        self._is_voiced = False
        self._run = 0
        self._pauses = 0
        self._is_paused = False
        self._doubt: Doubt | None = None
        self._utterance: Utterance | None = None

    @property
    def utterance(self) -> Utterance | None:
        """The one under way."""
        return self._utterance

    def hear(self, frames: Samples, probabilities: Sequence[float]) -> None:
        """Take the next whole ``frames`` (n x FRAME samples, 16 kHz), and how probably each is somebody's
        voice."""
        for frame, probability in zip(frames.reshape(-1, FRAME), probabilities, strict=True):
            self._take(frame, probability)

    def judged_over(self, number: int) -> None:
        """The ``number``-th pause has been judged to be the end, unless the person has gone on since."""
        if self._is_paused and number == self._pauses and self._run == 0:
            self.finish()

    def answered(self, number: int, *, means_something: bool) -> None:
        """What was said in short while VOX spoke, the ``number``-th sound, was meant to be heard."""
        if self._doubt is None or number != self._pauses or self._run > 0:
            return
        if means_something:
            self._begin(self._doubt.utterance)
            self._pause()
        else:
            self._go_on()

    def finish(self) -> None:
        """The utterance under way ends here."""
        utterance = self._utterance
        self._reset()
        if utterance is not None:
            self._floor.end(utterance)

    def drop(self) -> None:
        """Throw away what has been heard of an utterance."""
        was_doubtful = self._doubt is not None
        had_begun = self._utterance is not None
        self._reset()
        self._is_voiced = False
        if was_doubtful:
            self._floor.voice("resume")
        if had_begun:
            self._floor.drop()

    def _take(self, frame: Samples, probability: float) -> None:
        self._number += 1
        threshold = self._detection.threshold
        self._is_voiced = probability >= (threshold - _HYSTERESIS if self._is_voiced else threshold)
        self._run = self._run + 1 if self._is_voiced else 0
        if self._utterance is not None:
            self._utterance.add(frame, self._is_voiced)
            self._speaking(self._utterance)
        elif self._doubt is not None:
            self._doubt.utterance.add(frame, self._is_voiced)
            self._doubting(self._doubt)
        else:
            self._before.append(frame)
            if self._run >= _DOUBT:
                self._onset()

    def _onset(self) -> None:
        state = self._floor.state()
        if state == "deaf" or self._run < _NEEDED[state]:
            return
        utterance = Utterance(self._before, self._number, self._run)
        if state == "sounding":
            self._doubt = Doubt(utterance)
            self._floor.voice("duck")
        else:
            self._begin(utterance)

    def _doubting(self, doubt: Doubt) -> None:
        has_finished = self._floor.state() != "sounding"
        if has_finished and doubt.utterance.voiced >= _ONSET:
            self._begin(doubt.utterance)
            return
        match doubt.step():
            case "hold":
                self._floor.voice("hold")
            case "interrupted":
                self._begin(doubt.utterance)
            case "over":
                self._go_on()
            case "ask":
                self._pauses += 1
                self._floor.ask(doubt.utterance, self._pauses)

    def _go_on(self) -> None:
        self._reset()
        self._floor.voice("resume")

    def _begin(self, utterance: Utterance) -> None:
        self._doubt = None
        self._utterance = utterance
        if (earlier := self._floor.took_back()) is not None:
            utterance.prepend(earlier)
        self._floor.begin(utterance)

    def _speaking(self, utterance: Utterance) -> None:
        if self._is_paused and self._run >= _RESUME:
            self._is_paused = False
            self._floor.go_on()
        if utterance.silent >= self._longest_silence or utterance.seconds >= self._max_seconds:
            self.finish()
        elif utterance.silent == _LULL:
            self._floor.lull(utterance)
        elif utterance.silent == _PAUSE:
            self._pause()
        elif self._is_paused and utterance.silent > _PAUSE and not (utterance.silent - _PAUSE) % _ASK_AGAIN:
            self._floor.judge(utterance, self._pauses)
        elif utterance.voiced % _LOOK == 0 and utterance.silent == 0:
            self._floor.speaking(utterance)

    def _pause(self) -> None:
        assert self._utterance is not None
        self._pauses += 1
        self._is_paused = True
        self._floor.pause(self._utterance, self._pauses)

    def _reset(self) -> None:
        self._utterance = self._doubt = None
        self._is_paused = False
        self._run = 0
        self._before.clear()
