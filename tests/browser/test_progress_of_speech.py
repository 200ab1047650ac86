"""What a person sees of a voice that takes its time, and tells how far it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import Settings
from tests.browser.tab import Launch, Tab
from tests.conversation.scripted import (
    ScriptedBrain,
    ScriptedTranscriber,
    TellingSynthesizer,
    scripted_models,
)
from tests.served import Served, serve

pytestmark = pytest.mark.browser

ANSWER = "Here is the first sentence of the answer. And here is the second one."

#: Which share of the line is filled, as it is laid out.
FILLED = """(() => {
  const line = document.querySelector('[data-role=assistant] .making');
  return Number(getComputedStyle(line, '::after').transform.match(/matrix\\(([^,]+)/)[1]);
})()"""

OPACITY = """(() => {
  const line = document.querySelector('[data-role=assistant] .making');
  return line && getComputedStyle(line).opacity;
})()"""
IS_SHOWN = f"{OPACITY} === '1'"
IS_GONE = f"{OPACITY} === '0'"


@pytest.fixture
def voice() -> Iterator[TellingSynthesizer]:
    voice = TellingSynthesizer(0.3)
    yield voice
    voice.moves_to(1.0)


@pytest.fixture
def slow(voice: TellingSynthesizer) -> Iterator[Served]:
    """A server whose voice is as far as the test says."""
    models = scripted_models(
        ScriptedTranscriber(lambda stop: iter(["Hello."])),
        ScriptedBrain(lambda stop: iter([ANSWER])),
        voice,
    )
    with serve(Settings(), models) as served:
        yield served


def test_a_line_under_the_answer_shows_the_sound_being_made_until_it_is_heard(
    slow: Served, voice: TellingSynthesizer, launch: Launch
) -> None:
    tab = Tab(launch().new_page()).open(slow.url)
    tab.type("Hello.")
    tab.wait_for(IS_SHOWN)
    tab.wait_for(f"Math.abs({FILLED} - 0.3) < 0.01")
    assert tab.active() == 0
    height = tab.page.evaluate("document.getElementById('log').scrollHeight")
    voice.moves_to(0.6)
    tab.wait_for(f"Math.abs({FILLED} - 0.6) < 0.01")
    voice.moves_to(1.0)
    tab.wait_for("window.vox.activeAudio.size > 0")
    tab.wait_for(IS_GONE)
    assert tab.page.evaluate("document.getElementById('log').scrollHeight") == height
    tab.wait_for_state("done")
    assert tab.errors == []


def test_a_stop_takes_the_line_away(slow: Served, launch: Launch) -> None:
    tab = Tab(launch().new_page()).open(slow.url)
    tab.type("Hello.")
    tab.wait_for(IS_SHOWN)
    tab.stop_generating.click()
    tab.wait_for(IS_GONE)
    tab.wait_for_state("stopped")
    assert tab.active() == 0


def test_the_line_is_nothing_to_read_out(slow: Served, launch: Launch) -> None:
    tab = Tab(launch().new_page()).open(slow.url)
    tab.type("Hello.")
    tab.wait_for(IS_SHOWN)
    line = tab.messages("assistant").locator(".making")
    assert line.get_attribute("aria-hidden") == "true"
    assert tab.page.get_by_text("Making the sound of the answer.").count() == 1
