"""Talking with VOX in a real browser, with the offline pack's models and nothing pretended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import soxr

from app.models import Models
from tests.browser.tab import MICROPHONE_RATE, Launch, Tab
from tests.realtime_client import ENDED_BY_ITSELF
from tests.served import Served
from tests.sound import Recording, likeness, words

pytestmark = pytest.mark.browser

QUESTION = "What is the capital of France?"
STORY = "Tell me a long story about a dragon."


@pytest.fixture
def question(speech: Callable[..., Recording]) -> Recording:
    """The question as a microphone would hear it: some silence, then speech, then silence."""
    pause = np.zeros(MICROPHONE_RATE // 2, np.float32)
    return np.concatenate([pause, speech(QUESTION, rate=MICROPHONE_RATE), pause])


def test_a_spoken_question_is_heard_and_its_answer_sounds(
    tab: Callable[..., Tab], question: Recording, models: Models
) -> None:
    tab_ = tab(question)
    tab_.record(question.size / MICROPHONE_RATE)
    assert tab_.talk.get_attribute("aria-pressed") == "true"
    tab_.talk.click()
    assert tab_.talk.get_attribute("aria-pressed") == "false"
    tab_.wait_for_state("done")

    assert [words(text) for text in tab_.texts("user")] == [words(QUESTION)]
    (reply,) = tab_.texts("assistant")
    assert reply == tab_.of("response.output_audio_transcript.done")[0]["transcript"].strip()

    sound, rate = tab_.played()
    assert np.abs(sound).max() > 0.05
    with models.stt.use() as transcriber:
        heard = transcriber.transcribe(soxr.resample(sound, rate, 16_000), threading.Event())
        assert likeness(reply, " ".join(heard)) > 0.9
    assert tab_.errors == []


REFUSES_OTHER_RATES = """() => {
  const create = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    if (this.sampleRate === 16000) throw new DOMException('another rate', 'NotSupportedError');
    return create.call(this, stream);
  };
}"""


@pytest.mark.parametrize("refuses", [False, True])
def test_a_browser_that_cannot_give_16_khz_is_heard_at_its_own_rate(
    tab: Callable[..., Tab], question: Recording, refuses: bool
) -> None:
    tab_ = tab(question)
    if refuses:
        tab_.page.evaluate(REFUSES_OTHER_RATES)
    tab_.record(question.size / MICROPHONE_RATE)
    tab_.talk.click()
    tab_.wait_for_state("done")
    (told,) = [event for event in tab_.sent if event["type"] == "session.update"]
    assert (told["session"]["audio"]["input"]["format"]["rate"] == 16_000) is not refuses
    assert [words(text) for text in tab_.texts("user")] == [words(QUESTION)]
    assert tab_.errors == []


def test_the_answer_sounds_while_it_is_still_being_written(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.type("Tell me about the sea in five sentences.")
    tab_.wait_for("window.vox.activeAudio.size > 0")
    assert tab_.messages("assistant").last.get_attribute("data-state") == "streaming"
    tab_.wait_for_status("Speaking")
    tab_.wait_for_state("done")
    types = [event["type"] for event in tab_.received]
    last_text = len(types) - types[::-1].index("response.output_audio_transcript.delta")
    assert types.index("response.output_audio.delta") < last_text


def test_chunks_play_without_gap_or_overlap(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.type("Tell me about the sea in five sentences.")
    tab_.wait_for_state("done")
    kept = tab_.page.evaluate(
        "window.kept.map(p => ({when: p.when, end: p.when + p.samples.length / p.rate, rate: p.rate}))"
    )
    assert len(kept) > 2
    gaps = [after["when"] - before["end"] for before, after in pairwise(kept)]
    assert min(gaps) > -1 / kept[0]["rate"]
    seamless = [gap for gap in gaps if abs(gap) < 1 / kept[0]["rate"]]
    assert len(seamless) >= len(gaps) - 1  # at most one wait for a phrase that was not made yet


def test_a_recording_whose_end_comes_twice_is_one_message(
    tab: Callable[..., Tab], question: Recording
) -> None:
    tab_ = tab(question)
    tab_.keep_stream()
    tab_.record(question.size / MICROPHONE_RATE)
    tab_.page.evaluate("""() => {
      const talk = window.button('Talk');
      const [track] = window.stream.getTracks();
      talk.click();
      track.dispatchEvent(new Event('ended'));
      track.dispatchEvent(new Event('ended'));
    }""")
    tab_.wait_for_state("done")
    assert tab_.count_sent("input_audio_buffer.commit") == 1
    assert tab_.count_sent("response.create") == 1
    assert tab_.messages("user").count() == 1
    assert tab_.messages("assistant").count() == 1


def test_a_lost_microphone_ends_the_recording_once(tab: Callable[..., Tab], question: Recording) -> None:
    tab_ = tab(question)
    tab_.keep_stream()
    tab_.record(question.size / MICROPHONE_RATE)
    tab_.page.evaluate("window.stream.getTracks()[0].dispatchEvent(new Event('ended'))")
    tab_.wait_for_state("done")
    assert tab_.talk.get_attribute("aria-pressed") == "false"
    assert tab_.count_sent("input_audio_buffer.commit") == 1
    assert [words(text) for text in tab_.texts("user")] == [words(QUESTION)]


def test_stop_all_silences_every_source_in_the_same_tick(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 1")
    sizes = tab_.page.evaluate("""() => {
      const stop = window.button('Stop All');
      const before = window.vox.activeAudio.size;
      stop.click();
      return [before, window.vox.activeAudio.size];
    }""")
    assert sizes[0] > 1
    assert sizes[1] == 0
    tab_.wait_until(lambda: bool(tab_.of("response.done")))
    (done,) = tab_.of("response.done")
    assert done["response"]["status"] == "cancelled"

    tab_.type(QUESTION)
    tab_.wait_for_state("done")
    after = tab_.received[tab_.received.index(done) + 1 :]
    assert not [event for event in after if event.get("response_id") == done["response"]["id"]]
    assert tab_.messages("assistant").first.get_attribute("data-state") == "stopped"


def test_stop_all_unloads_nothing(tab: Callable[..., Tab], models: Models) -> None:
    tab_ = tab()
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.stop_all.click()
    tab_.wait_for_status("Stopped")
    assert [model.snapshot()["state"] for model in models] == ["ready"] * 3


def test_stop_all_while_recording_transcribes_and_sends_nothing(
    tab: Callable[..., Tab], question: Recording
) -> None:
    tab_ = tab(question)
    tab_.record(1.0)
    tab_.stop_all.click()
    assert tab_.talk.get_attribute("aria-pressed") == "false"
    tab_.wait_until(lambda: bool(tab_.of("input_audio_buffer.cleared")))
    tab_.type(QUESTION)
    tab_.wait_for_state("done")
    assert tab_.count_sent("input_audio_buffer.commit") == 0
    assert not tab_.of("conversation.item.input_audio_transcription.completed")
    assert tab_.texts("user") == [QUESTION]


def test_stop_generating_keeps_what_was_said_and_the_next_turn_works(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    assert not tab_.stop_generating.is_visible()
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.stop_generating.click()
    tab_.wait_for_state("stopped")
    assert tab_.active() == 0
    assert tab_.texts("assistant")[0]
    assert not tab_.stop_generating.is_visible()

    tab_.type(QUESTION)
    tab_.wait_for_state("done")
    assert tab_.messages("assistant").count() == 2
    assert tab_.messages("assistant").first.get_attribute("data-state") == "stopped"


def test_a_thousand_clicks_on_either_stop_do_no_harm(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.page.evaluate("""() => {
      for (const name of ['Stop generating', 'Stop All']) {
        const button = window.button(name);
        for (let i = 0; i < 1000; i++) button.click();
      }
    }""")
    tab_.type(QUESTION)
    tab_.wait_for_state("done")
    first, second = (event["response"]["status"] for event in tab_.of("response.done"))
    assert first == "cancelled"
    assert second in ENDED_BY_ITSELF
    assert tab_.errors == []


def test_a_new_message_while_it_speaks_ends_the_old_answer_first(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.type(QUESTION)
    tab_.wait_for_state("done", index=1)
    assert tab_.messages("assistant").first.get_attribute("data-state") == "stopped"
    first, second = (event["response"]["status"] for event in tab_.of("response.done"))
    assert first == "cancelled"
    assert second in ENDED_BY_ITSELF


def test_talk_while_it_speaks_silences_it_first(tab: Callable[..., Tab], question: Recording) -> None:
    tab_ = tab(question)
    tab_.type(STORY)
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.record(question.size / MICROPHONE_RATE)
    assert tab_.active() == 0
    tab_.talk.click()
    tab_.wait_for_state("done", index=1)
    assert tab_.messages("assistant").first.get_attribute("data-state") == "stopped"
    assert words(tab_.texts("user")[1]) == words(QUESTION)


def test_typing_does_what_talking_does(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    box = tab_.page.get_by_role("textbox", name="Message")
    box.fill(QUESTION)
    box.press("Enter")
    tab_.wait_for_state("done")
    assert tab_.texts("user") == [QUESTION]
    assert tab_.texts("assistant")[0]
    sound, _ = tab_.played()
    assert np.abs(sound).max() > 0.05
    assert box.input_value() == ""


def test_markup_is_shown_as_text(tab: Callable[..., Tab]) -> None:
    hostile = '<img src=x onerror="window.hacked=1"> javascript:alert(1) <script>window.hacked=1</script>'
    tab_ = tab()
    tab_.type(hostile)
    tab_.wait_for_state("done")
    assert tab_.texts("user") == [hostile]
    assert tab_.page.evaluate("window.hacked") is None
    assert tab_.page.locator("[role=log] img, [role=log] script").count() == 0


def test_silence_is_answered_with_a_sentence_not_with_words(tab: Callable[..., Tab]) -> None:
    tab_ = tab()
    tab_.record(1.0)
    tab_.talk.click()
    tab_.page.get_by_text("I heard nothing").wait_for()
    tab_.wait_for_status("Ready")
    assert tab_.messages("user").count() == 0
    assert tab_.messages("assistant").count() == 0


def test_two_tabs_do_not_hear_each_other(server: Served, launch: Launch) -> None:
    browser = launch()
    one = Tab(browser.new_context().new_page()).open(server.url)
    other = Tab(browser.new_context().new_page()).open(server.url)
    one.type(STORY)
    one.wait_for("window.vox.activeAudio.size > 0")
    other.type(QUESTION)
    one.stop_all.click()
    one.wait_for_state("stopped")
    other.wait_for_state("done")
    assert one.texts("user") == [STORY]
    assert other.texts("user") == [QUESTION]
    assert other.messages("assistant").count() == 1
    mine = {event["response"]["id"] for event in one.of("response.created")}
    yours = {event["response"]["id"] for event in other.of("response.created")}
    assert len(mine) == len(yours) == 1
    assert not mine & yours


def test_without_permission_for_the_microphone_the_page_says_what_to_do(
    server: Served, launch: Launch
) -> None:
    tab_ = Tab(launch(may_record=False).new_context(permissions=[]).new_page()).open(server.url)
    tab_.talk.click()
    alert = tab_.page.get_by_role("alert").filter(has_text="microphone")
    alert.wait_for()
    assert "allow" in alert.inner_text().lower()
    assert tab_.talk.get_attribute("aria-pressed") == "false"
    tab_.type(QUESTION)
    tab_.wait_for_state("done")
