"""The models under control: another brain, tested and connected; how it answers; and what happens to
somebody's answer when a model is to go."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.models import Model, Models
from app.settings import Settings
from tests.browser.axe import faults, faults_in_both_themes, with_axe
from tests.browser.tab import Launch, Tab
from tests.conversation.scripted import (
    Hanging,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    loaded,
    says,
)
from tests.llm.chat_server import ChatServer, Exchange, listing, serving, telling
from tests.served import Served, serve

pytestmark = pytest.mark.browser


class DemoBrain(ScriptedBrain):
    name = "Demo"
    is_demo = True


@pytest.fixture
def thinking() -> Hanging:
    """What the demo brain does with the first question: it does not come to an end by itself."""
    return Hanging("Let me think about that. ")


@pytest.fixture
def served(thinking: Hanging, tmp_path: Path) -> Iterator[Served]:
    models = Models(
        loaded("stt", ScriptedTranscriber(says("Hello."))),
        loaded("llm", DemoBrain(thinking)),
        loaded("tts", ScriptedSynthesizer()),
    )
    # As a person would have it who fixed the ears and the voice when VOX was started.
    fixed = {"VOX_STT": "tiny.en", "VOX_TTS": "piper"}
    settings = Settings.from_environment({"VOX_DATA_DIR": str(tmp_path), **fixed})
    with serve(settings, models) as served:
        yield served


@pytest.fixture
def tab(served: Served, launch: Launch) -> Tab:
    context = with_axe(launch().new_context(viewport={"width": 390, "height": 844}))
    return Tab(context.new_page()).open(served.url)


@pytest.fixture
def chats() -> list[dict[str, Any]]:
    """What the server was asked, and with which key."""
    return []


@pytest.fixture
def server(chats: list[dict[str, Any]]) -> Iterator[ChatServer]:
    def answer(exchange: Exchange) -> None:
        chats.append({**exchange.body, "key": exchange.headers["Authorization"]})
        telling("Ahoy.")(exchange)

    with serving({"/v1/models": listing("gemma", "llama"), "/v1/chat/completions": answer}) as server:
        yield server


def models_of(served: Served) -> Models:
    models: Models = served.app.extensions["vox"].models
    return models


def test_another_brain_is_tried_connected_and_told_how_to_answer(
    tab: Tab, served: Served, server: ChatServer, chats: list[dict[str, Any]], tmp_path: Path
) -> None:
    page = tab.page
    page.get_by_role("button", name="Connect a better one").click()
    sheet = page.get_by_role("dialog", name="Models")
    sheet.get_by_label("Where it runs").select_option("At a server’s address")

    # First an address where nobody answers, then the right one.
    sheet.get_by_label("Server address").fill("http://127.0.0.1:9/v1")
    sheet.get_by_role("button", name="Test connection").click()
    sheet.get_by_text("No language model answers at http://127.0.0.1:9").wait_for()
    sheet.get_by_role("button", name="Use this brain").click()
    sheet.locator("#model-llm [data-say=error]").get_by_text("No language model answers").wait_for()
    assert sheet.locator("#model-llm [data-say=name]").inner_text() == "Demo"

    sheet.get_by_label("Server address").fill(server.url)
    sheet.get_by_label("Key").fill("sk-secret")
    sheet.get_by_role("button", name="Test connection").click()
    sheet.get_by_text("It works. It has 2 models.").wait_for()
    sheet.get_by_label("Model", exact=True).select_option("llama")
    assert faults(page) == []
    sheet.get_by_role("button", name="Use this brain").click()
    sheet.locator("#model-llm [data-say=name]").get_by_text("llama").wait_for()
    kept = json.loads((tmp_path / "settings.json").read_text())
    assert (kept["llm_url"], kept["llm_model"], kept["llm_key"]) == (server.url, "llama", "sk-secret")
    assert "sk-secret" not in page.content()
    assert sheet.get_by_label("Key").input_value() == ""

    # How it answers holds in the conversation that is open.
    page.get_by_text("How it answers").click()
    sheet.get_by_label("System prompt").fill("You are a pirate.")
    sheet.get_by_label("Temperature").fill("0.5")
    sheet.get_by_label("Longest answer").fill("77")
    sheet.get_by_role("button", name="Save").click()
    sheet.get_by_text("Saved. It holds from the next answer on.").wait_for()
    page.keyboard.press("Escape")
    tab.type("Who are you?")
    tab.wait_for_state("done")
    # (The first is the test's, and another asks for the conversation's title.)
    [asked] = [chat for chat in chats if chat["messages"][-1]["content"] == "Who are you?"]
    assert asked["messages"][0]["content"].startswith("You are a pirate.")
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("llama", 0.5, 77)
    assert asked["key"] == "Bearer sk-secret"

    # A key that is kept is forgotten, by the keyboard alone, and the server gets it no more.
    page.locator("#open-models").click()
    sheet.get_by_text(f"A key for {server.url} is kept.").wait_for()
    sheet.get_by_role("button", name="Forget the key").press("Enter")
    page.get_by_text("The key is forgotten.").wait_for(state="attached")
    assert sheet.get_by_role("button", name="Forget the key").count() == 0
    tab.wait_until(
        lambda: sheet.get_by_label("Where it runs").evaluate("it => it === document.activeElement")
    )
    assert "llm_key" not in json.loads((tmp_path / "settings.json").read_text())
    page.keyboard.press("Escape")
    tab.type("And who am I?")
    tab.wait_until(lambda: any(chat["messages"][-1]["content"] == "And who am I?" for chat in chats))
    [asked] = [chat for chat in chats if chat["messages"][-1]["content"] == "And who am I?"]
    assert asked["key"] == "Bearer none"

    # What was fixed when VOX was started says so; closing the tab unloads nothing.
    page.locator("#open-models").click()
    page.get_by_text("Change the ears").click()
    assert sheet.get_by_label("Whisper model").is_disabled()
    sheet.get_by_text("Set by VOX_STT when VOX was started.").wait_for()
    assert sheet.get_by_role("button", name="Use these ears").is_visible()  # their language can be changed
    page.get_by_text("Change the voice engine").click()
    sheet.get_by_text("Set by VOX_TTS when VOX was started.").wait_for()
    assert not sheet.get_by_role("button", name="Use this engine").is_visible()
    assert tab.errors == []
    page.close()
    assert [model.state.value for model in models_of(served)] == ["ready"] * 3


def test_what_is_not_saved_yet_stays_while_another_model_changes(tab: Tab, served: Served) -> None:
    page = tab.page
    page.locator("#open-models").click()
    page.get_by_text("How it answers").click()
    prompt, length = page.get_by_label("System prompt"), page.get_by_label("Longest answer")
    tab.wait_until(lambda: length.input_value() == "400")
    prompt.fill("You are a pirate.")
    length.fill("77")
    prompt.focus()
    with page.expect_response("**/api/settings"):
        models_of(served).stt.unload()
    # What the server has is shown wherever nothing was begun, and only there.
    served.app.extensions["vox"].store.change({"llm_temperature": 0.5})
    with page.expect_response("**/api/settings"):
        models_of(served).stt.load()
    tab.wait_until(lambda: page.get_by_label("Temperature").input_value() == "0.5")
    assert (prompt.input_value(), length.input_value()) == ("You are a pirate.", "77")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved. It holds from the next answer on.").wait_for()
    settings = served.app.extensions["vox"].settings
    assert (settings.instructions, settings.max_reply_tokens) == ("You are a pirate.", 77)
    assert tab.errors == []


def test_a_model_that_answers_somebody_goes_when_they_say_so(
    tab: Tab, served: Served, thinking: Hanging
) -> None:
    page = tab.page
    tab.type("What is the meaning of life?")
    tab.wait_until(thinking.is_hanging.is_set)
    page.locator("#open-models").click()
    card = page.locator("#model-llm")
    card.get_by_text("In use now.").wait_for()

    # It is asked about, and can be left, by the keyboard alone.
    card.get_by_role("button", name="Unload: Brain").press("Enter")
    card.get_by_text("It is in use for an answer.").wait_for()
    assert faults_in_both_themes(page) == []
    tab.wait_for("document.activeElement.textContent === 'When it is done'")
    page.keyboard.press("Enter")
    card.get_by_text("It is unloaded as soon as nobody uses it.").wait_for()
    tab.wait_for("document.activeElement.textContent === 'Keep it'")
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Unload: Brain").wait_for()
    assert tab.of("response.done") == []

    # Stopped now, the answer ends as one that was stopped, and the next question loads the brain again.
    card.get_by_role("button", name="Unload: Brain").click()
    card.get_by_role("button", name="Stop it now").click()
    card.get_by_text("Not loaded").wait_for()
    assert thinking.was_stopped.is_set()
    page.keyboard.press("Escape")
    tab.wait_for_state("stopped")
    assert tab.errors == []


def test_a_download_tells_how_far_it_is_and_can_be_cancelled_and_an_idle_model_goes(
    launch: Launch, tmp_path: Path
) -> None:
    given_up = threading.Event()

    def download(progress: Any) -> Any:
        for done in range(100):
            progress.report("Downloading model.bin", done * 1_000_000, 484_000_000, "bytes")
            if done:
                progress.pause(0.02)
        try:
            progress.pause(60)
        finally:
            given_up.set()

    models = Models(
        Model("stt", download),
        loaded("llm", ScriptedBrain(says("Hello."))),
        loaded("tts", ScriptedSynthesizer()),
    )
    models.stt.load()
    with serve(Settings(data_dir=tmp_path), models) as served:
        tab = Tab(launch().new_context().new_page())
        page = tab.page
        page.goto(served.url)
        page.locator("#open-models").click()
        ears = page.locator("#model-stt")
        ears.get_by_text("Downloading model.bin (99.0 MB of 484 MB)").wait_for()
        ears.get_by_text("a second, about").wait_for()
        assert float(ears.get_by_role("progressbar").get_attribute("value") or 0) == 99_000_000
        ears.get_by_role("button", name="Cancel: Ears").click()
        ears.get_by_text("Not loaded").wait_for()
        tab.wait_until(given_up.is_set)

        # The memory is drawn, with words for it.
        page.get_by_role("img", name="Main memory over the last").wait_for()

        # The time after which a model goes is chosen, and one that nobody uses is gone by then.
        page.get_by_label("Unload a model that nobody uses").select_option("After 5 min")
        tab.wait_until(lambda: served.app.extensions["vox"].settings.idle_minutes == 5)
        served.app.extensions["vox"].store.change({"idle_minutes": 0.001})
        page.locator("#model-llm").get_by_text("Not loaded").wait_for()
        page.keyboard.press("Escape")
        tab.type("Are you there?")
        tab.wait_for_state("done")
        assert tab.errors == []
