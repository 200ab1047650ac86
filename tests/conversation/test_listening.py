"""When utterances begin and end, with sound that is plainly a voice or plainly none."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from app.conversation.detection import TurnDetection
from app.conversation.doubt import HOLD_MS, INTERRUPTION_MS, OVER_MS
from app.conversation.listening import (
    ASK_AGAIN_MS,
    DOUBT_MS,
    FIRM_ONSET_MS,
    LULL_MS,
    ONSET_MS,
    PAUSE_MS,
    FloorState,
    Listening,
)
from app.conversation.utterance import FRAME_MS, Utterance
from app.engines import Samples
from app.stt.activity import FRAME

SEMANTIC = TurnDetection("semantic_vad", silence_ms=2500)
SILENCE_ONLY = TurnDetection("server_vad", silence_ms=500)


class Floor:
    """Keeps what listening leads to, in order."""

    def __init__(self, state: FloorState = "free", earlier: Samples | None = None) -> None:
        self.now: FloorState = state
        self.earlier = earlier
        self.log: list[str] = []
        self.ended: list[Utterance] = []
        self.paused: list[int] = []
        self.asked: list[int] = []
        self.lulls = 0

    def state(self) -> FloorState:
        return self.now

    def voice(self, phase: Literal["duck", "hold", "resume"]) -> None:
        self.log.append(phase)

    def took_back(self) -> Samples | None:
        earlier, self.earlier = self.earlier, None
        return earlier

    def begin(self, utterance: Utterance) -> None:
        self.log.append("begin")
        self.now = "free"
        self.begun = utterance

    def speaking(self, utterance: Utterance) -> None: ...

    def lull(self, utterance: Utterance) -> None:
        self.lulls += 1

    def pause(self, utterance: Utterance, number: int) -> None:
        self.log.append("pause")
        self.paused.append(number)

    def judge(self, utterance: Utterance, number: int) -> None:
        self.log.append("judge")

    def go_on(self) -> None:
        self.log.append("go on")

    def end(self, utterance: Utterance) -> None:
        self.log.append("end")
        self.ended.append(utterance)

    def drop(self) -> None:
        self.log.append("drop")

    def ask(self, utterance: Utterance, number: int) -> None:
        self.log.append("ask")
        self.asked.append(number)


class Microphone:
    """Somebody's microphone, listened to."""

    def __init__(self, floor: Floor, detection: TurnDetection = SEMANTIC, max_seconds: float = 60) -> None:
        self.listening = Listening(detection, floor, max_seconds)

    def voice(self, milliseconds: float) -> None:
        self._hear(milliseconds, 1.0)

    def silence(self, milliseconds: float) -> None:
        self._hear(milliseconds, 0.0)

    def _hear(self, milliseconds: float, loudness: float) -> None:
        frame = np.full(FRAME, loudness, np.float32)
        for _ in range(round(milliseconds / FRAME_MS)):
            self.listening.hear(frame, [loudness])


def test_an_utterance_begins_with_a_voice_and_ends_with_the_models_word() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.silence(1000)
    microphone.voice(800)
    assert floor.log == ["begin"]
    microphone.silence(PAUSE_MS)
    assert floor.log == ["begin", "pause"]
    microphone.listening.judged_over(floor.paused[-1])
    assert floor.log == ["begin", "pause", "end"]


def test_the_words_are_looked_for_before_a_silence_is_a_pause() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.voice(800)
    microphone.silence(LULL_MS - FRAME_MS)
    assert floor.lulls == 0
    microphone.silence(FRAME_MS)
    assert floor.lulls == 1
    assert floor.log == ["begin"]


def test_an_utterance_holds_the_sound_from_shortly_before_its_first_voice() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.silence(1024)
    microphone.voice(512)
    microphone.silence(PAUSE_MS)
    microphone.listening.finish()
    (utterance,) = floor.ended
    sound = utterance.samples()
    lead = int(np.argmax(sound > 0)) / 16
    assert SEMANTIC.prefix_ms <= lead <= SEMANTIC.prefix_ms + FIRM_ONSET_MS
    assert utterance.begins_ms + lead == 1024
    assert utterance.voiced_until_ms == 1024 + 512
    assert utterance.ends_ms == 1024 + 512 + PAUSE_MS
    assert (sound > 0).sum() / 16 == 512


def test_a_click_begins_nothing() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    for _ in range(10):
        microphone.voice(ONSET_MS - FRAME_MS)
        microphone.silence(100)
    assert floor.log == []


def test_a_hesitation_is_waited_for_and_nothing_of_the_utterance_is_lost() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.voice(512)
    microphone.silence(PAUSE_MS)
    microphone.silence(512)
    microphone.voice(512)
    microphone.silence(PAUSE_MS)
    microphone.listening.judged_over(floor.paused[-1])
    assert floor.log == ["begin", "pause", "judge", "go on", "pause", "end"]
    assert (floor.ended[0].samples() > 0).sum() / 16 == 1024


def test_a_judgement_that_comes_too_late_ends_nothing() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.voice(512)
    microphone.silence(PAUSE_MS)
    microphone.voice(512)
    microphone.listening.judged_over(floor.paused[-1])
    microphone.silence(PAUSE_MS)
    microphone.listening.judged_over(floor.paused[0])
    assert "end" not in floor.log


def test_a_pause_that_goes_on_is_judged_again_and_a_long_silence_ends_the_turn_anyway() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.voice(512)
    microphone.silence(SEMANTIC.silence_ms + FRAME_MS)
    again = int((SEMANTIC.silence_ms - PAUSE_MS - FRAME_MS) // ASK_AGAIN_MS)
    assert floor.log == ["begin", "pause", *["judge"] * again, "end"]


def test_without_a_model_silence_alone_ends_the_turn() -> None:
    floor = Floor()
    microphone = Microphone(floor, SILENCE_ONLY)
    microphone.voice(512)
    microphone.silence(PAUSE_MS)
    assert floor.log == ["begin", "pause"]
    microphone.silence(SILENCE_ONLY.silence_ms)
    assert floor.log[-1] == "end"


def test_an_utterance_may_only_be_so_long() -> None:
    floor = Floor()
    microphone = Microphone(floor, max_seconds=2)
    microphone.voice(3000)
    assert floor.log[:2] == ["begin", "end"]


def test_who_goes_on_before_the_answer_sounds_takes_the_question_back() -> None:
    earlier = np.full(5000, 0.5, np.float32)
    floor = Floor("thinking", earlier)
    microphone = Microphone(floor)
    microphone.voice(FIRM_ONSET_MS + FRAME_MS)
    assert floor.log == ["begin"]
    sound = floor.begun.samples()
    assert (sound == 0.5).sum() == 5000
    assert np.flatnonzero(sound == 0.5).max() < np.flatnonzero(sound == 1.0).min()


def test_a_cough_does_not_make_vox_think_again() -> None:
    floor = Floor("thinking")
    microphone = Microphone(floor)
    microphone.voice(FIRM_ONSET_MS - FRAME_MS)
    microphone.silence(500)
    assert floor.log == []


class TestWhileVoxSpeaks:
    def test_whoever_goes_on_speaking_interrupts(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(INTERRUPTION_MS - FRAME_MS)
        assert floor.log == ["duck", "hold"]
        microphone.voice(2 * FRAME_MS)
        assert floor.log == ["duck", "hold", "begin"]
        assert (floor.begun.samples() > 0).sum() / 16 >= INTERRUPTION_MS

    def test_a_cough_only_lowers_the_voice(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(HOLD_MS - FRAME_MS)
        microphone.silence(OVER_MS)
        assert floor.log == ["duck", "resume"]

    def test_a_short_sound_that_means_nothing_lets_vox_go_on(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(400)
        microphone.silence(OVER_MS)
        assert floor.log == ["duck", "hold", "ask"]
        microphone.listening.answered(floor.asked[-1], means_something=False)
        assert floor.log == ["duck", "hold", "ask", "resume"]

    def test_a_short_word_that_means_something_interrupts_and_may_be_all(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(400)
        microphone.silence(OVER_MS)
        microphone.listening.answered(floor.asked[-1], means_something=True)
        assert floor.log == ["duck", "hold", "ask", "begin", "pause"]
        microphone.listening.judged_over(floor.paused[-1])
        assert floor.log[-1] == "end"

    def test_an_answer_about_a_sound_after_which_somebody_spoke_again_counts_no_more(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(300)
        microphone.silence(OVER_MS)
        microphone.voice(64)
        microphone.listening.answered(floor.asked[-1], means_something=False)
        assert "resume" not in floor.log
        microphone.voice(INTERRUPTION_MS)
        assert floor.log[-1] == "begin"

    def test_with_interruptions_off_nobody_is_listened_to(self) -> None:
        floor = Floor("deaf")
        microphone = Microphone(floor)
        microphone.voice(3000)
        assert floor.log == []

    def test_a_doubt_outlives_the_answer_as_an_utterance(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(DOUBT_MS)
        floor.now = "free"
        microphone.voice(ONSET_MS - DOUBT_MS)
        assert floor.log == ["duck", "begin"]

    def test_a_click_at_the_end_of_the_answer_begins_nothing(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(DOUBT_MS)
        floor.now = "free"
        microphone.silence(OVER_MS)
        assert floor.log == ["duck", "resume"]

    def test_throwing_away_what_is_heard_lets_vox_go_on(self) -> None:
        floor = Floor("sounding")
        microphone = Microphone(floor)
        microphone.voice(400)
        microphone.listening.drop()
        assert floor.log == ["duck", "hold", "resume"]


def test_throwing_away_an_utterance_begins_from_nothing() -> None:
    floor = Floor()
    microphone = Microphone(floor)
    microphone.voice(400)
    microphone.listening.drop()
    microphone.silence(3000)
    assert floor.log == ["begin", "drop"]


@pytest.mark.parametrize("detection", [SEMANTIC, SILENCE_ONLY])
def test_two_utterances_follow_each_other(detection: TurnDetection) -> None:
    floor = Floor()
    microphone = Microphone(floor, detection)
    for _ in range(2):
        microphone.voice(512)
        microphone.silence(3000)
    assert [entry for entry in floor.log if entry in ("begin", "end")] == ["begin", "end"] * 2
