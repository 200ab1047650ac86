"""Conversations that last, in a real browser with the real server and database. What is said is scripted,
as the engines are not the point; sounds, files and the socket are real."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Locator, Page

from app.archive.records import MessageRecord, Role
from app.settings import Settings
from tests.browser.tab import Launch, Tab
from tests.conversation.scripted import (
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    says,
    scripted_models,
)
from tests.keeping.locking import locked, make_impatient
from tests.served import Served, serve

pytestmark = pytest.mark.browser

ANSWER = ("They look at the stars. ", "Others follow the coast.")
NIGHT = "How do birds find their way at night?"
SOUP = "How long do onions take to brown?"


@pytest.fixture(scope="module")
def brain() -> ScriptedBrain:
    return ScriptedBrain(says(*ANSWER))


@pytest.fixture(scope="module")
def voice() -> ScriptedSynthesizer:
    return ScriptedSynthesizer(samples=200)


@pytest.fixture(scope="module")
def talk(
    brain: ScriptedBrain, voice: ScriptedSynthesizer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server that keeps what is said, its sound too."""
    models = scripted_models(ScriptedTranscriber(says(NIGHT)), brain, voice)
    settings = Settings(offline=True, keep_speech=True, data_dir=tmp_path_factory.mktemp("kept"))
    with serve(settings, models) as served:
        yield served


@pytest.fixture
def page_at(talk: Served, launch: Launch) -> Callable[..., Tab]:
    """``page_at(path)`` opens the page there; all of a test's tabs share one browser."""
    context: list[Any] = []

    def open_page(path: str = "/", **options: Any) -> Tab:
        if not context or options:
            context.append(launch().new_context(accept_downloads=True, **options))
        return Tab(context[-1].new_page()).open(talk.url + path)

    return open_page


class Kept:
    """The conversations that the server has, and those that a test puts there."""

    def __init__(self, served: Served) -> None:
        self._conversations = served.app.extensions["vox"].archive.conversations

    def add(self, conversation_id: str, title: str, *texts: str, days_ago: float = 0) -> str:
        """Returns the address of a conversation in which ``texts`` were said in turn."""
        at = datetime.now(timezone.utc) - timedelta(days=days_ago)
        self._conversations.begin(conversation_id, at=at)
        roles: tuple[Role, Role] = ("user", "assistant")
        for i, text in enumerate(texts):
            self._conversations.add_message(
                MessageRecord(
                    id=f"item_{i}",
                    conversation_id=conversation_id,
                    role=roles[i % 2],
                    text=text,
                    is_audio=False,
                    state="completed",
                    error=None,
                    created_at=at,
                    ended_at=at,
                )
            )
        if title:
            self._conversations.rename(conversation_id, title, own=True)
        return f"/c/{conversation_id}"

    def titles(self) -> list[str]:
        return [record.title for record in self._conversations.page().conversations]

    def texts(self, conversation_id: str) -> list[str]:
        return [message.text for message in self._conversations.messages(conversation_id)]

    def updated(self, conversation_id: str) -> datetime:
        updated: datetime = self._conversations.find(conversation_id).updated_at
        return updated


@pytest.fixture
def kept(talk: Served) -> Kept:
    return Kept(talk)


def ask(tab: Tab, question: str) -> None:
    """Type a question and wait until the answer has been heard."""
    before = tab.messages("assistant").count()
    tab.type(question)
    tab.wait_until(lambda: tab.messages("assistant").count() > before)
    tab.wait_for_state("done")


def conversation_id(tab: Tab) -> str:
    """The id in the tab's address, once it has one."""
    tab.wait_until(lambda: "/c/" in tab.page.url)
    return str(tab.page.url).rpartition("/c/")[2].partition("#")[0]


def open_list(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Conversations", exact=True).click()
    tab.page.locator(".conversation").first.wait_for()


def titles(page: Page) -> list[str]:
    return list(page.locator(".conversation-title").all_inner_texts())


def row(page: Page, title: str) -> Locator:
    return page.locator(".conversation", has=page.get_by_role("link", name=title, exact=True))


def choose(page: Page, item: str) -> None:
    """Take ``item`` of the menu of the conversation that is open."""
    opened = page.locator(".conversation", has=page.locator("[aria-current=page]"))
    opened.hover()
    opened.get_by_role("button", name="More about").click()
    page.get_by_role("menuitem", name=item).click()


def is_focused(locator: Locator) -> bool:
    return bool(locator.evaluate("element => element === document.activeElement"))


def test_a_conversation_goes_on_after_a_reload_and_after_the_connection_was_lost(
    page_at: Callable[..., Tab], talk: Served, brain: ScriptedBrain, kept: Kept
) -> None:
    tab = page_at()
    assert tab.page.url == f"{talk.url}/"
    ask(tab, NIGHT)
    address = tab.page.url
    said = tab.texts("user") + tab.texts("assistant")
    box = tab.page.get_by_role("textbox", name="Message")
    box.fill("And by day")

    tab.page.reload()
    tab.messages("assistant").wait_for()
    tab.wait_for_status("Ready")
    assert tab.page.url == address
    assert tab.texts("user") + tab.texts("assistant") == said
    assert tab.messages("assistant").get_attribute("data-state") == "done"
    assert box.input_value() == "And by day"

    tab.page.get_by_role("button", name="Send", exact=True).click()
    tab.wait_until(lambda: tab.messages("assistant").count() == 2)
    tab.wait_for_state("done")
    assert [message.text for message in brain.prompts[-1] if message.role == "user"] == [NIGHT, "And by day"]

    connections = len(tab.of("session.created"))
    for connection in talk.app.extensions["vox"].sessions.connections():
        connection.close(1011, "A fault.")
    tab.wait_until(lambda: len(tab.of("session.created")) > connections)
    tab.wait_for_status("Ready")
    assert tab.messages("assistant").count() == 2
    ask(tab, "And in the rain?")
    assert tab.page.url == address
    assert "afresh" not in tab.page.get_by_role("log").inner_text()
    tab.wait_until(lambda: len(kept.texts(conversation_id(tab))) == 6)
    assert tab.errors == []


def test_who_reloads_in_the_middle_of_an_answer_has_what_was_heard(
    page_at: Callable[..., Tab], voice: ScriptedSynthesizer, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "_samples", 4_800)  # a character: the first phrase takes five seconds
    tab = page_at()
    tab.type(NIGHT)
    tab.wait_until(lambda: tab.active() > 0)
    # (Of less than a word nothing was heard, and nothing is kept.)
    tab.wait_for("window.vox.output.context.currentTime > window.kept[0].when + 1.5")
    tab.page.get_by_role("textbox", name="Message").fill("And by day")
    tab.page.reload()
    tab.wait_for_state("stopped")
    assert tab.texts("user") == [NIGHT]
    _, heard = kept.texts(conversation_id(tab))
    assert heard.startswith("They")
    assert "Others" not in heard
    # What was not heard is there to be read, faint.
    tab.wait_until(lambda: tab.texts("assistant") == ["".join(ANSWER)])
    faint = tab.page.evaluate("[...CSS.highlights.get('vox-unspoken')].map(String)")
    assert [heard + words for words in faint] == ["".join(ANSWER)]
    assert tab.page.get_by_role("textbox", name="Message").input_value() == "And by day"
    assert tab.active() == 0
    assert tab.errors == []


def test_that_nothing_can_be_kept_is_said_until_it_can_again(
    page_at: Callable[..., Tab], talk: Served, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_impatient(monkeypatch)
    tab = page_at()
    notice = tab.page.get_by_role("alert").get_by_text("What is said is not being kept now.")
    with locked(talk.app.extensions["vox"].settings.data_dir):
        ask(tab, NIGHT)
        notice.wait_for()
        ask(tab, "And by day?")
        assert notice.is_visible()
        tab.page.reload()
        notice.wait_for()
    tab.page.get_by_role("alert").get_by_text("What is said is kept again").wait_for()
    assert notice.count() == 0
    tab.wait_until(lambda: len(kept.texts(conversation_id(tab))) == 4)
    assert tab.errors == []


def test_the_list_is_by_days_and_opening_changes_nothing(
    page_at: Callable[..., Tab], talk: Served, kept: Kept
) -> None:
    address = kept.add("conv_soup", "Onion soup", SOUP, "Half an hour.", days_ago=1)
    kept.add("conv_sea", "The sea", "Is it wide?", "It is wide.")
    for i in range(60):  # more than a page of the list
        kept.add(f"conv_old{i}", "", days_ago=300)
    before = kept.updated("conv_soup")
    tab = page_at()
    page = tab.page
    open_list(tab)
    days = page.get_by_role("heading", level=3)
    assert days.all_inner_texts()[:2] == ["Today", "Yesterday"]

    page.keyboard.press("l")
    assert is_focused(page.locator(".conversation-open").first)
    assert page.locator(".conversation").count() < 60
    page.keyboard.press("End")
    tab.wait_until(lambda: page.locator(".conversation").count() > 60)
    row(page, "Onion soup").get_by_role("link").click()
    tab.wait_until(lambda: tab.texts("assistant") == ["Half an hour."])
    assert page.url.endswith(address)
    assert row(page, "Onion soup").get_by_role("link").get_attribute("aria-current") == "page"
    assert page.get_by_role("log").get_by_role("heading").inner_text() == "Yesterday"
    assert page.title() == "Onion soup · VOX"

    row(page, "The sea").get_by_role("link").click()
    tab.wait_until(lambda: tab.texts("assistant") == ["It is wide."])
    page.go_back()
    tab.wait_until(lambda: tab.texts("assistant") == ["Half an hour."])
    page.go_forward()
    tab.wait_until(lambda: tab.texts("assistant") == ["It is wide."])
    page.keyboard.press("n")
    tab.wait_until(lambda: tab.texts("assistant") == [])
    assert kept.updated("conv_soup") == before

    page.goto(f"{talk.url}/c/conv_nowhere")
    page.get_by_text("That conversation is not here").wait_for()
    tab.wait_until(lambda: page.url == f"{talk.url}/")
    ask(tab, "Then a new one")


def test_words_are_found_and_lead_to_where_they_were_said(page_at: Callable[..., Tab], kept: Kept) -> None:
    said = [f"What is number {i}?" if i % 2 == 0 else f"Number {i} is large." for i in range(400)]
    said[121] = "A heron stands in the water."
    kept.add("conv_numbers", "Numbers", *said, days_ago=3)
    tab = page_at()
    page = tab.page
    page.keyboard.press("/")
    page.keyboard.type("heron")
    hit = page.get_by_role("link", name="A heron stands in the water")
    hit.wait_for()
    assert hit.locator("mark").inner_text() == "heron"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert is_focused(hit)
    page.keyboard.press("Enter")
    found = page.locator(".message.sought")
    found.wait_for()
    assert found.locator(".text").inner_text() == said[121]
    assert is_focused(found)
    assert page.url.endswith("/c/conv_numbers#item_121")
    assert found.evaluate(
        "e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; }"
    )
    tab.wait_until(lambda: tab.page.locator(".message").count() == 400)

    field = page.get_by_role("searchbox")
    field.fill("platypus")
    page.get_by_text("Nothing was said about “platypus”.").wait_for()
    field.press("Escape")
    page.get_by_role("heading", name="Today", level=3).or_(page.locator(".conversation-day").first).wait_for()
    assert field.input_value() == ""


def test_a_conversation_is_renamed_exported_deleted_and_taken_back(
    page_at: Callable[..., Tab], kept: Kept
) -> None:
    kept.add("conv_tea", "Tea", "How hot?", "Very hot.", days_ago=2)
    tab = page_at("/c/conv_tea")
    page = tab.page
    open_list(tab)
    choose(page, "Rename")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Not this")
    page.keyboard.press("Escape")
    assert is_focused(row(page, "Tea").get_by_role("link"))
    page.keyboard.press("F2")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Of tea <b>&</b> milk")
    page.keyboard.press("Enter")
    new = "Of tea <b>&</b> milk"
    tab.wait_until(lambda: new in kept.titles())
    assert is_focused(row(page, new).get_by_role("link"))
    tab.wait_until(lambda: page.title() == f"{new} · VOX")

    with page.expect_download() as download:
        choose(page, "Export as Markdown")
    markdown = Path(download.value.path()).read_text("utf-8")
    assert "How hot?" in markdown
    assert "Very hot." in markdown
    assert download.value.suggested_filename.endswith(".md")
    with page.expect_download() as download:
        choose(page, "Export as JSON")
    assert "Very hot." in json.dumps(json.loads(Path(download.value.path()).read_bytes()))

    choose(page, "Delete")
    tab.wait_until(lambda: new not in titles(page) and new not in kept.titles())
    assert tab.messages("user").count() == 0
    assert not page.url.endswith("conv_tea")
    page.get_by_role("button", name="Undo").click()
    tab.wait_until(lambda: tab.texts("assistant") == ["Very hot."])
    assert page.url.endswith("/c/conv_tea")

    # A reload does not take the way back away.
    choose(page, "Delete")
    tab.wait_until(lambda: new not in kept.titles())
    page.reload()
    tab.wait_for_status("Ready")
    page.get_by_role("button", name="Undo").click()
    tab.wait_until(lambda: tab.texts("assistant") == ["Very hot."])
    assert page.url.endswith("/c/conv_tea")
    page.reload()
    tab.wait_until(lambda: tab.texts("assistant") == ["Very hot."])
    assert page.get_by_role("button", name="Undo").count() == 0
    row(page, new).wait_for()
    row(page, new).get_by_role("link").press("Delete")
    tab.wait_until(lambda: new not in titles(page))
    page.keyboard.press("ControlOrMeta+z")
    tab.wait_until(lambda: new in titles(page))
    assert new in kept.titles()


def test_two_tabs_on_one_conversation_stay_in_step_and_only_one_sounds(page_at: Callable[..., Tab]) -> None:
    one = page_at()
    ask(one, NIGHT)
    other = page_at(f"/c/{conversation_id(one)}")
    open_list(other)
    other.wait_until(lambda: other.texts("user") == [NIGHT])
    one.type("And by day?")
    other.wait_until(lambda: other.texts("user") == [NIGHT, "And by day?"])
    other.wait_until(lambda: other.messages("assistant").count() == 2)
    one.wait_for_state("done")
    other.wait_for_state("done")
    other.wait_until(lambda: other.texts("assistant") == one.texts("assistant"))
    assert other.page.evaluate("window.kept.length") == 0
    ask(other, "And you?")
    one.wait_until(lambda: one.texts("user") == other.texts("user"))

    one.page.bring_to_front()  # a tab behind another draws next to nothing, and pressing waits for that
    open_list(one)
    choose(one.page, "Rename")
    one.page.keyboard.press("ControlOrMeta+a")
    one.page.keyboard.type("Of two tabs")
    one.page.keyboard.press("Enter")
    other.wait_until(lambda: other.page.title() == "Of two tabs · VOX")
    other.wait_until(lambda: "Of two tabs" in titles(other.page))
    choose(one.page, "Delete")
    other.page.locator(".toast", has_text="was deleted in another tab").wait_for()
    other.page.get_by_role("button", name="Put it back").press("Enter")
    one.wait_until(lambda: "Of two tabs" in titles(one.page))
    assert one.errors == other.errors == []


def test_kept_sound_is_heard_again_downloaded_and_thrown_away(
    page_at: Callable[..., Tab], voice: ScriptedSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = 1_600  # a character, so that there is time to press Stop
    monkeypatch.setattr(voice, "_samples", samples)
    tab = page_at(permissions=["clipboard-read", "clipboard-write", "microphone"])
    page = tab.page
    ask(tab, NIGHT)
    answer = tab.messages("assistant")
    answer.hover()
    play = answer.get_by_role("button", name="Play")
    play.wait_for()
    before = int(page.evaluate("window.kept.length"))
    play.click()
    tab.wait_for("window.vox.activeAudio.size === 1")
    tab.wait_for_status("Speaking")
    assert page.evaluate("window.kept.length") == before + 1
    answer.get_by_role("button", name="Stop playing").wait_for()
    page.keyboard.press("Escape")
    assert tab.active() == 0
    play.wait_for()
    tab.wait_for_status("Stopped")

    play.click()
    tab.wait_for("window.vox.activeAudio.size === 1")
    page.keyboard.press("n")
    assert tab.active() == 0
    assert page.url.endswith("/")
    page.go_back()
    answer.wait_for()

    answer.hover()
    answer.get_by_role("button", name="Copy").click()
    tab.wait_until(lambda: bool(page.get_by_text("Copied.", exact=True).count()))
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == tab.texts("assistant")[0]
    answer.get_by_role("button", name="Download the sound").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="WAV").click()
    sound, rate = soundfile.read(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert sound.size / rate == pytest.approx(len("".join(ANSWER)) * samples / 24_000, rel=0.2)
    open_list(tab)
    with page.expect_download() as download:
        choose(page, "Sound as Opus")
    assert Path(download.value.path()).read_bytes().startswith(b"OggS")
    with page.expect_download() as download:
        choose(page, "Sound as WAV")
    assert download.value.suggested_filename.endswith(".wav")
    whole, rate = soundfile.read(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert whole.size / rate == pytest.approx(sound.size / rate, abs=1)  # the question was typed
    assert np.abs(whole).max() == pytest.approx(np.abs(sound).max(), rel=0.2)

    page.get_by_role("button", name="Settings").click()
    space = page.locator("#space-words")
    tab.wait_until(
        lambda: re.search(r"of 1.0 GB: the sound of \d+ messages?", space.inner_text()) is not None
    )
    assert page.get_by_role("switch", name="Keep the sound").is_checked()
    page.get_by_label("Keep at most").select_option("5.0 GB")
    tab.wait_until(lambda: "of 5.0 GB" in space.inner_text())
    page.get_by_label("Keep at most").select_option("1.0 GB")
    tab.wait_until(lambda: "of 1.0 GB" in space.inner_text())
    page.get_by_role("button", name="Throw away kept sound").click()
    assert is_focused(page.get_by_role("button", name="Keep it"))
    page.get_by_role("button", name="Throw it away").click()
    tab.wait_until(lambda: "the sound of 0 messages" in space.inner_text())
    page.get_by_role("switch", name="Keep the sound").uncheck()
    tab.wait_until(lambda: not space.is_visible())
    page.get_by_role("switch", name="Keep the sound").check()
    tab.wait_until(space.is_visible)
    page.keyboard.press("Escape")
    play.wait_for(state="hidden")


def test_on_a_phone_the_list_is_a_sheet_that_gives_the_focus_back(
    page_at: Callable[..., Tab], kept: Kept
) -> None:
    kept.add("conv_rtl", "مرحبا بالعالم", "كيف حالك اليوم؟", "أنا بخير، شكرا لك.")
    phone = {"width": 390, "height": 844}
    tab = page_at(viewport=phone)
    page = tab.page
    button = page.get_by_role("button", name="Conversations", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Conversations")
    row(page, "مرحبا بالعالم").wait_for()
    tab.wait_until(lambda: (sheet.bounding_box() or {}).items() >= {"x": 0, "width": 390}.items())
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    assert is_focused(button)

    button.click()
    row(page, "مرحبا بالعالم").get_by_role("button").click()
    page.keyboard.press("Escape")
    assert sheet.is_visible()
    row(page, "مرحبا بالعالم").get_by_role("link").click()
    sheet.wait_for(state="hidden")
    tab.wait_until(lambda: tab.texts("assistant") == ["أنا بخير، شكرا لك."])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
