"""What somebody meets who opens VOX for the first time, and nobody after that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from app.engines import Brain
from app.models import Model, Models
from app.progress import Progress
from app.settings import Settings
from tests.browser.tab import MICROPHONE_RATE, Launch, Tab
from tests.conversation.scripted import (
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    loaded,
    says,
)
from tests.served import Served, serve

pytestmark = pytest.mark.browser

STEP = "document.querySelector('#first-start [aria-current=step]')?.dataset.step ?? ''"
METER = "Number(document.getElementById('first-level').style.getPropertyValue('--input'))"


class DownloadedBrain(ScriptedBrain):
    """One that is half downloaded until ``arrived`` is set."""

    def __init__(self) -> None:
        super().__init__(says("Hello to you."))
        self.arrived = threading.Event()

    def download(self, progress: Progress) -> DownloadedBrain:
        progress.report("Downloading the brain", 500_000_000, 1_000_000_000, "bytes")
        self.arrived.wait()
        return self


@pytest.fixture
def brain() -> Iterator[DownloadedBrain]:
    brain = DownloadedBrain()
    yield brain
    brain.arrived.set()


@pytest.fixture
def arriving(brain: DownloadedBrain, tmp_path: Path) -> Iterator[Served]:
    """A server whose brain is still being downloaded."""
    llm: Model[Brain] = Model("llm", brain.download)
    llm.load()
    models = Models(
        loaded("stt", ScriptedTranscriber(says("Hello."))), llm, loaded("tts", ScriptedSynthesizer())
    )
    with serve(Settings(data_dir=tmp_path), models) as served:
        yield served


@pytest.fixture
def humming(launch: Launch) -> Any:
    """A browser whose microphone hears somebody hum, if the page may use it."""
    time = np.arange(20 * MICROPHONE_RATE) / MICROPHONE_RATE
    hum = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 12))
    breath = 0.5 + 0.5 * np.sin(2 * np.pi * 1.3 * time)
    return launch((0.15 * hum * breath).astype(np.float32), may_record=False)


def card(page: Page) -> Any:
    return page.get_by_role("region", name="Welcome to VOX")


def test_three_steps_lead_to_the_first_words_and_never_come_back(
    humming: Any, arriving: Served, brain: DownloadedBrain
) -> None:
    context = humming.new_context()
    tab = Tab(context.new_page())
    page = tab.page
    page.goto(arriving.url)
    card(page).wait_for()
    assert page.get_by_role("heading", name="Say something").count() == 0
    assert tab.talk.is_enabled()
    tab.wait_for(f"{STEP} === 'microphone'")

    # The microphone: first it is refused, then allowed; it is asked for by a press only.
    attempt = page.get_by_role("button", name="Try the microphone")
    attempt.click()
    page.get_by_text("Allow it in the address bar").wait_for()
    context.grant_permissions(["microphone"])
    attempt.click()
    card(page).get_by_text("I hear you.").wait_for()
    tab.wait_for(f"{METER} > 0.2")
    page.get_by_role("button", name="Continue").click()
    tab.wait_for(f"{METER} === 0")

    # The models: one is still coming, and says how far it is.
    tab.wait_for(f"{STEP} === 'models'")
    tab.wait_for("document.activeElement.textContent.startsWith('Who answers')")
    card(page).get_by_text("Downloading the brain (500 MB of 1.0 GB)").wait_for()
    bar = card(page).get_by_role("progressbar", name="Brain loading")
    assert float(bar.get_attribute("value") or 0) / float(bar.get_attribute("max") or 1) == 0.5
    brain.arrived.set()

    # Hello.
    tab.wait_for(f"{STEP} === 'hello'")
    tab.type("Hello!")
    tab.wait_for_state("done")
    assert card(page).count() == 0
    page.reload()
    tab.wait_for_status("Ready")
    assert card(page).count() == 0
    assert tab.errors == []


def test_who_needs_no_steps_sees_none_and_who_skips_them_is_not_asked_again(
    humming: Any, arriving: Served, brain: DownloadedBrain
) -> None:
    brain.arrived.set()
    permitted = Tab(humming.new_context(permissions=["microphone"]).new_page()).open(arriving.url)
    permitted.page.get_by_role("heading", name="Say something").wait_for()
    assert card(permitted.page).count() == 0

    tab = Tab(humming.new_context().new_page()).open(arriving.url)
    card(tab.page).get_by_role("button", name="I’d rather type").click()
    tab.wait_for(f"{STEP} === 'hello'")
    card(tab.page).get_by_role("button", name="Skip").click()
    tab.page.get_by_role("heading", name="Say something").wait_for()
    tab.page.reload()
    tab.page.get_by_role("heading", name="Say something").wait_for()
    tab.wait_for_status("Ready")
    assert card(tab.page).count() == 0
