"""Talking without pressing anything: a mouth that speaks whenever it likes, in a real browser, with the
offline pack's models and nothing pretended but the microphone itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
import soxr

from app.engines import TRANSCRIBER_RATE, Message, Stop
from app.models import Models
from benchmarks.questions import Question, questions
from tests.browser.ear import Ear, page_to_listen_to
from tests.browser.mouth import MOUTH_RATE, Mouth
from tests.browser.room import QUANTUM, STORY, Room
from tests.browser.tab import Launch, Tab
from tests.realtime_client import ENDED_BY_ITSELF
from tests.served import Served
from tests.sound import Recording, likeness, words
from tests.stt.noises import NOISES

pytestmark = pytest.mark.browser

QUESTION = "What is the capital of France?"
SECOND = "Why is the sky blue?"
LONG_QUESTION = (
    "I would like to know how the birds find their way to the south in winter and why they do not get "
    "lost on their long journey over the mountains and the sea."
)
NOISY_ROOM = ("typing", "clicks", "hum of 60 Hz", "hum switched on", "chord", "white")


@pytest.fixture
def room(server: Served, launch: Launch, speech: Callable[..., Recording]) -> Room:
    """A room in which hands-free is off."""
    page = page_to_listen_to(launch())
    ear, mouth = Ear(page), Mouth(page)
    return Room(Tab(page).open(server.url), mouth, ear, speech)


@pytest.fixture
def open_room(room: Room) -> Room:
    """A room in which it is on."""
    room.switch(on=True)
    return room


@pytest.fixture(scope="module")
def hesitant() -> Question:
    """A question with silence where the voice has not come to its end."""
    return next(question for question in questions() if len(question.hesitations) > 1)


@pytest.fixture
def prompts(models: Models, monkeypatch: pytest.MonkeyPatch) -> list[list[Message]]:
    """What the brain was asked, turn by turn."""
    asked: list[list[Message]] = []
    with models.llm.use() as brain:
        reply = brain.reply

        def noting(messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
            asked.append(list(messages))
            return reply(messages, stop, max_tokens)

        monkeypatch.setattr(brain, "reply", noting)
    return asked


def test_two_questions_are_two_turns(open_room: Room) -> None:
    tab = open_room.tab
    for index, question in enumerate((QUESTION, SECOND)):
        open_room.say(question)
        tab.wait_for_state("done", index)
    heard = tab.texts("user")
    assert [likeness(*pair) > 0.8 for pair in zip(heard, (QUESTION, SECOND), strict=True)] == [True] * 2
    assert all(tab.texts("assistant"))
    assert tab.count_sent("input_audio_buffer.commit") == 0
    assert tab.count_sent("response.create") == 0
    assert open_room.ear.audible().size > 0
    assert tab.errors == []


def test_the_words_appear_while_they_are_said(open_room: Room) -> None:
    tab = open_room.tab
    open_room.begin(LONG_QUESTION)
    tab.wait_for_status("Hearing you")
    tab.wait_for(
        "[...document.querySelectorAll('[role=log] [data-role=user]')].some((message) => "
        "message.dataset.state === 'hearing' && message.querySelector('.text').textContent.trim() !== '')"
    )
    tab.wait_for_state("done")
    assert tab.messages("user").count() == 1


def test_a_hesitation_does_not_end_the_turn(open_room: Room, hesitant: Question) -> None:
    tab = open_room.tab
    open_room.say(hesitant.samples)
    tab.wait_for_state("done")
    (heard,) = tab.texts("user")
    assert likeness(heard, hesitant.words) > 0.8
    assert tab.messages("assistant").count() == 1
    assert open_room.ear.audible(until=open_room.mouth.said[0].last_ms).size == 0


def test_noises_are_not_answered_nor_spoken_of(open_room: Room) -> None:
    tab = open_room.tab
    noises = {name: soxr.resample(NOISES[name](), TRANSCRIBER_RATE, MOUTH_RATE) for name in NOISY_ROOM}
    for name, noise in {**noises, "cough": cough()}.items():
        open_room.say(noise)
        open_room.let_pass(1.0)
        tab.wait_for_status("Listening")
        assert tab.messages("user").count() == 0, name
        assert tab.messages("assistant").count() == 0, name
        assert tab.of("response.output_item.added") == [], name
    assert tab.of("vox.notice") == []
    assert tab.page.get_by_text("I heard nothing").count() == 0

    open_room.say(QUESTION)
    tab.wait_for_state("done")
    assert likeness(tab.texts("user")[0], QUESTION) > 0.8


def test_a_second_question_interrupts_the_answer_to_the_first(
    open_room: Room, prompts: list[list[Message]], server: Served
) -> None:
    tab = open_room.tab
    with answers_of(300, server):  # a short one may have been sent to its end already
        open_room.have_a_story_told()
    open_room.begin(QUESTION)
    tab.wait_for_state("stopped", index=0)
    assert tab.active() == 0
    assert open_room.turn_of(0)["status"] == "cancelled"
    assert open_room.turn_of(0)["status_details"]["reason"] == "turn_detected"
    assert tab.count_sent("response.cancel") == 0
    tab.wait_for_state("done", index=1)
    assert likeness(tab.texts("user")[1], QUESTION) > 0.8

    # The next answer knows where this one was cut off.
    (told,) = (event for event in tab.sent if event["type"] == "conversation.item.truncate")
    assert told["audio_end_ms"] > 0
    written = "".join(event["delta"] for event in tab.of("response.output_audio_transcript.delta"))
    (kept,) = (message.text for message in prompts[-1] if message.role == "assistant")
    assert 0 < len(words(kept)) < len(words(written))
    assert likeness(prompts[-1][-1].text, QUESTION) > 0.8


def test_mm_hm_does_not_end_the_answer(open_room: Room) -> None:
    tab = open_room.tab
    open_room.have_a_story_told()
    open_room.say("Yeah.")
    tab.wait_for_state("done")
    assert open_room.turn_of(0)["status"] in ENDED_BY_ITSELF
    assert tab.messages("user").count() == 1
    assert tab.of("input_audio_buffer.speech_started") == []

    phases = [event["phase"] for event in tab.of("vox.voice")]
    assert phases[0] == "duck"
    assert phases[-1] == "resume"
    # Some of it was soft. Next to nothing of it was lost, however long it was held.
    gains = open_room.gains()
    assert gains.min() < 0.5
    assert np.sum(gains < 0.02) * QUANTUM / 24_000 < 0.15
    assert np.median(gains[-200:]) == pytest.approx(1, abs=0.05)


def test_with_barge_in_off_nobody_interrupts(room: Room) -> None:
    tab = room.tab
    tab.page.get_by_role("button", name="Settings").click()
    tab.page.get_by_role("switch", name="Let me interrupt").click()
    tab.page.keyboard.press("Escape")
    room.switch(on=True)
    room.have_a_story_told()
    room.say(QUESTION)
    tab.wait_for_state("done")
    assert room.turn_of(0)["status"] in ENDED_BY_ITSELF
    assert tab.texts("user") == [STORY]
    assert np.mean(room.gains() > 0.9) > 0.99


def test_off_means_that_the_microphone_is_off(room: Room) -> None:
    tab = room.tab
    assert tab.hands_free.get_attribute("aria-checked") == "false"
    assert room.mouth.open_microphones() == 0
    room.switch(on=True)
    assert tab.hands_free.get_attribute("aria-checked") == "true"
    assert room.mouth.open_microphones() == 1
    room.switch(on=False)
    assert tab.hands_free.get_attribute("aria-checked") == "false"
    assert room.mouth.open_microphones() == 0

    sent = tab.count_sent("input_audio_buffer.append")
    room.say(QUESTION)
    tab.type(SECOND)
    tab.wait_for_state("done")
    assert tab.count_sent("input_audio_buffer.append") == sent
    assert tab.texts("user") == [SECOND]


def test_the_space_bar_talks_while_it_is_held(room: Room) -> None:
    tab = room.tab
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.keyboard.down("Space")
    tab.wait_until(lambda: tab.seconds_sent() > 0)
    room.say(QUESTION)
    tab.page.keyboard.up("Space")
    tab.wait_for_state("done")
    assert likeness(tab.texts("user")[0], QUESTION) > 0.8
    assert tab.count_sent("input_audio_buffer.commit") == 1
    assert tab.count_sent("response.create") == 1
    assert room.mouth.open_microphones() == 0


def test_what_is_said_while_muted_is_not_sent(open_room: Room) -> None:
    tab = open_room.tab
    tab.mute.click()
    tab.wait_for_status("Muted")
    assert tab.mute.get_attribute("aria-pressed") == "true"
    sent = tab.count_sent("input_audio_buffer.append")
    open_room.say(SECOND)
    assert tab.count_sent("input_audio_buffer.append") == sent

    tab.mute.click()
    tab.wait_for_status("Listening")
    open_room.say(QUESTION)
    tab.wait_for_state("done")
    assert [likeness(text, QUESTION) > 0.8 for text in tab.texts("user")] == [True]


def test_stop_all_leaves_it_listening(open_room: Room) -> None:
    tab = open_room.tab
    open_room.have_a_story_told()
    tab.stop_all.click()
    assert tab.active() == 0
    tab.wait_for_state("stopped")
    assert open_room.mouth.open_microphones() == 1
    open_room.say(QUESTION)
    tab.wait_for_state("done", index=1)
    assert likeness(tab.texts("user")[1], QUESTION) > 0.8


@contextmanager
def answers_of(tokens: int, server: Served) -> Iterator[None]:
    """Answers that begin meanwhile may be so long."""
    store = server.app.extensions["vox"].store
    usual = store.current.max_reply_tokens
    store.change({"max_reply_tokens": tokens})
    try:
        yield
    finally:
        store.change({"max_reply_tokens": usual})


def cough() -> Recording:
    """Two bursts of dull noise, each a fifth of a second."""
    size = MOUTH_RATE // 5
    time = np.arange(size) / MOUTH_RATE
    burst = np.random.default_rng(3).standard_normal(size) * np.exp(-time * 25) * (1 - np.exp(-time * 400))
    dull = np.convolve(burst, np.hanning(24), mode="same")
    once = 0.5 * dull / np.abs(dull).max()
    pause = np.zeros(size)
    return np.concatenate([pause, once, pause, once, pause], dtype=np.float32, casting="same_kind")
