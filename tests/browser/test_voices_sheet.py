"""The voices in a real browser: heard, recorded, uploaded, chosen, named, and gone again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.models import Models
from app.settings import Settings
from app.voices.library import VoiceLibrary
from tests.browser.axe import faults_in_both_themes, with_axe
from tests.browser.tab import MICROPHONE_RATE, Launch, Tab
from tests.conversation.scripted import ScriptedBrain, ScriptedTranscriber, says, scripted_models
from tests.served import serve
from tests.sound import Recording
from tests.voices.cloning import Cloning
from tests.voices.conftest import TEXT
from tests.voices.sound_files import as_file

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(launch: Launch, tmp_path: Path, settings: Settings) -> Iterator[Callable[..., Tab]]:
    """``open_page(models, recording=None)``: a page at a server with a library of its own."""
    served = []

    def open_page(models: Models, recording: Recording | None = None) -> Tab:
        server = serve(replace(settings, data_dir=tmp_path), models)
        served.append(server)
        page = with_axe(launch(recording).new_context()).new_page()
        return Tab(page).open(server.__enter__().url)

    yield open_page
    for server in served:
        server.__exit__(None, None, None)


@pytest.fixture
def library(tmp_path: Path) -> VoiceLibrary:
    return VoiceLibrary(tmp_path / "voices")


def press(tab: Tab, name: str) -> None:
    tab.page.get_by_role("button", name=name, exact=True).click()


def row(tab: Tab, name: str) -> Any:
    return tab.page.locator(".voice-row").filter(has=tab.page.get_by_text(name, exact=True))


def wait_for_row(tab: Tab, name: str) -> None:
    tab.wait_until(lambda: row(tab, name).count() == 1)


def trouble(tab: Tab) -> str:
    """What is said to be wrong, in the sheet."""
    return " ".join(tab.page.locator("#voices .voice-trouble").all_text_contents()).strip()


def wait_for_trouble(tab: Tab, words: str) -> None:
    tab.wait_until(lambda: words in trouble(tab))


def test_voices_are_heard_uploaded_named_and_deleted(
    open_page: Callable[..., Tab],
    models: Models,
    library: VoiceLibrary,
    speech: Callable[..., Recording],
    tmp_path: Path,
) -> None:
    tab = open_page(models)
    press(tab, "Voices")
    wait_for_row(tab, "Joe")
    assert row(tab, "Joe").get_by_role("radio").is_checked()
    other = Tab(tab.page.context.new_page()).open(tab.page.url)
    press(other, "Voices")
    wait_for_row(other, "Joe")

    # A preview is sound like any other: Stop All silences it in the same tick.
    press(tab, "Preview Joe")
    tab.wait_until(lambda: tab.active() == 1)
    assert tab.page.get_by_role("button", name="Stop the preview of Joe").is_visible()
    silenced = tab.page.evaluate("() => { button('Stop All').click(); return window.vox.activeAudio.size; }")
    assert silenced == 0
    tab.page.get_by_role("button", name="Preview Joe", exact=True).wait_for()
    sound, _ = tab.played()
    assert np.abs(sound).max() > 0.05

    # A file is judged by what is in it, and nothing is sent without a permission.
    press(tab, "Add a voice")
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(b"This is no sound. " * 100)
    tab.page.get_by_label("Or choose a recording").set_input_files(noise)
    press(tab, "Save voice")
    assert "Confirm that this is your own voice" in trouble(tab)
    tab.page.get_by_label("This is my own voice").check()
    press(tab, "Save voice")
    wait_for_trouble(tab, "cannot be read as a recording")
    press(tab, "Choose another")

    # So is what is a recording and would make no voice: it is said what to do, and the next can be chosen.
    for name, (recording, problem) in {
        "short.wav": (speech("Hello there, my friend."), "A voice needs more than 5"),
        "loud.wav": (np.clip(20 * speech(TEXT), -1, 1), "Turn the microphone down"),
        "faint.wav": (0.005 * speech(TEXT), "Come closer to the microphone"),
    }.items():
        (tmp_path / name).write_bytes(as_file(recording))
        tab.page.get_by_label("Or choose a recording").set_input_files(tmp_path / name)
        press(tab, "Save voice")
        wait_for_trouble(tab, problem)
        press(tab, "Choose another")
    assert library.all() == []

    spoken = tmp_path / "anna_reads.m4a"
    spoken.write_bytes(as_file(speech(TEXT), "M4A"))
    tab.page.get_by_label("Or choose a recording").set_input_files(spoken)
    tab.wait_until(lambda: tab.page.locator(".voice-take .waveform path").count() == 1)
    tab.page.get_by_label("Name", exact=True).fill("<b>Anna</b>")
    press(tab, "Save voice")
    wait_for_row(tab, "<b>Anna</b>")
    (anna,) = library.all()
    # The other tab has heard of it, too.
    wait_for_row(other, anna.name)
    press(other, f"More about {anna.name}")
    assert row(tab, anna.name).locator(".waveform path").count() == 1
    # Piper is what speaks here.
    assert "Needs Chatterbox" in row(tab, anna.name).inner_text()
    assert row(tab, anna.name).get_by_role("radio").is_disabled()

    press(tab, f"More about {anna.name}")
    press(tab, "Hear recording")
    tab.wait_until(lambda: tab.active() == 1)
    press(tab, "Stop")
    assert tab.active() == 0

    press(tab, "Rename")
    tab.page.get_by_label("New name for").fill("Anne")
    tab.page.keyboard.press("Enter")
    wait_for_row(tab, "Anne")
    assert library.find(anna.id).name == "Anne"
    wait_for_row(other, "Anne")
    # Who was there still is.
    other.wait_for("document.activeElement.ariaLabel === 'More about Anne'")

    press(tab, "More about Anne")
    press(tab, "Delete")
    assert "cannot be brought back" in row(tab, "Anne").inner_text()
    press(tab, "Delete for good")
    tab.wait_until(lambda: row(tab, "Anne").count() == 0)
    assert library.all() == []
    other.wait_until(lambda: row(other, "Anne").count() == 0)
    assert tab.errors == other.errors == []


def test_a_recorded_voice_speaks_in_the_conversation_and_the_microphone_is_off_again(
    open_page: Callable[..., Tab], library: VoiceLibrary, speech: Callable[..., Recording]
) -> None:
    engine = Cloning(library)
    # Hands-free is on meanwhile, and what it hears has no words: VOX speaks only when it is typed to.
    models = scripted_models(ScriptedTranscriber(says("")), ScriptedBrain(says("Good morning.")), engine)
    tab = open_page(models, np.tile(speech(TEXT, rate=MICROPHONE_RATE), 3))
    tab.hands_free.click()
    tab.wait_for_status("Listening")
    tab.keep_stream()
    press(tab, "Voices")
    press(tab, "Add a voice")
    sent = tab.count_sent("input_audio_buffer.append")
    press(tab, "Record")
    tab.page.get_by_text("Long enough").wait_for()
    press(tab, "Stop")
    # What was read aloud was for the library alone, and its microphone is off.
    assert tab.count_sent("input_audio_buffer.append") - sent <= 10
    assert tab.page.evaluate("window.stream.getTracks()[0].readyState") == "ended"
    assert faults_in_both_themes(tab.page) == []

    press(tab, "Listen")
    tab.wait_until(lambda: tab.active() == 1)
    tab.page.get_by_label("Name", exact=True).fill("Mine")
    tab.page.get_by_label("This is my own voice").check()
    press(tab, "Save voice")
    tab.page.get_by_text("Mine is added.").wait_for()
    wait_for_row(tab, "Mine")
    assert tab.active() == 0
    (mine,) = library.all()
    assert mine.speech_seconds > 7
    assert "Its first use takes a moment" in row(tab, "Mine").inner_text()

    row(tab, "Mine").get_by_role("radio").check()
    tab.wait_until(lambda: tab.of("session.updated")[-1]["session"]["audio"]["output"]["voice"] == mine.id)
    press(tab, "More about Mine")
    press(tab, "Make default")
    tab.wait_until(lambda: "Default" in row(tab, "Mine").inner_text())
    assert engine.default_voice == mine.id
    press(tab, "Close")
    tab.hands_free.click()
    tab.type("Good morning!")
    tab.wait_for_state("done")
    assert engine.spoken_by[-1] == mine.id

    # A voice that is deleted gives way to the default one, also where it was chosen.
    library.delete(mine.id)
    tab.type("And now?")
    tab.wait_until(lambda: len(engine.spoken_by) >= 2 and len(tab.of("response.done")) == 2)
    assert engine.spoken_by[-1] is None

    # Closing the sheet in the middle of a recording turns the microphone off, too.
    press(tab, "Voices")
    press(tab, "Add a voice")
    press(tab, "Record")
    tab.page.get_by_text("0 s of speech").wait_for()
    tab.page.keyboard.press("Escape")
    tab.wait_until(lambda: tab.page.evaluate("window.stream.getTracks()[0].readyState") == "ended")
    assert tab.errors == []


def test_who_may_not_record_a_voice_is_told_what_to_do(open_page: Callable[..., Tab], models: Models) -> None:
    tab = open_page(models)
    press(tab, "Voices")
    press(tab, "Add a voice")
    tab.page.evaluate(
        """() => {
          const refuse = () => Promise.reject(new DOMException('', 'NotAllowedError'));
          navigator.mediaDevices.getUserMedia = refuse;
        }"""
    )
    press(tab, "Record")
    wait_for_trouble(tab, "microphone")
    assert tab.page.get_by_role("button", name="Record", exact=True).get_attribute("aria-pressed") == "false"
    tab.wait_for_status("Ready")  # nothing went on that could have been stopped
    assert tab.errors == []
