"""Talking in a real browser with Chatterbox's engine; random weights say noise, by the real path."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from app.assembly import assemble
from app.models import Models
from app.settings import Settings
from tests.browser.tab import Launch, Tab
from tests.checkpoints import shared_checkpoint
from tests.realtime_client import ENDED_BY_ITSELF
from tests.served import Served, serve

pytestmark = [pytest.mark.browser, pytest.mark.heavy, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def chatterbox_server(settings: Settings, models: Models) -> Iterator[Served]:
    """A server as it is with VOX_TTS and VOX_CHATTERBOX_DIR set; ears and brain are the pack's."""
    environment = {"VOX_TTS": "chatterbox", "VOX_CHATTERBOX_DIR": str(shared_checkpoint())}
    voice = assemble(Settings.from_environment(environment, offline=True)).tts
    voice.wait()
    together = Models(models.stt, models.llm, voice)
    with serve(settings, together) as served:
        yield served
    voice.unload()


@pytest.fixture
def tab(chatterbox_server: Served, launch: Launch) -> Callable[[], Tab]:
    return lambda: Tab(launch().new_context().new_page()).open(chatterbox_server.url)


def test_the_page_talks_with_chatterbox_and_says_how_it_computes(tab: Callable[[], Tab]) -> None:
    tab_ = tab()
    tab_.type("What is the capital of France?")
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.wait_for_state("done")
    sound, rate = tab_.played()
    assert rate == 24_000
    assert np.abs(sound).max() > 0.01
    assert tab_.of("response.done")[0]["response"]["status"] in ENDED_BY_ITSELF
    fractions = [event["fraction"] for event in tab_.of("vox.phrase.progress")]
    assert fractions
    assert all(0 <= fraction <= 1 for fraction in fractions)
    status = tab_.page.evaluate("fetch('/api/status').then(answer => answer.json())")
    assert status["models"]["tts"]["name"] == "Chatterbox Turbo"
    assert status["models"]["tts"]["precision"] == "int8"
    assert tab_.errors == []


def test_stop_generating_ends_chatterbox_inside_a_phrase_and_the_next_turn_works(
    tab: Callable[[], Tab],
) -> None:
    tab_ = tab()
    tab_.type("Tell me a long story about a dragon.")
    tab_.wait_until(lambda: bool(tab_.of("vox.phrase.progress")))
    tab_.stop_generating.click()
    tab_.wait_for_state("stopped")
    assert tab_.active() == 0
    tab_.wait_until(lambda: bool(tab_.of("response.done")))  # the page does not wait for it
    assert tab_.of("response.done")[-1]["response"]["status"] == "cancelled"
    tab_.type("What is two plus two?")
    tab_.wait_for("window.vox.activeAudio.size > 0")
    tab_.stop_all.click()
    assert tab_.active() == 0
