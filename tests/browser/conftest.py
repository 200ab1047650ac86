"""A real Chromium with a fake microphone that plays a recording."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.tab import MICROPHONE_RATE, Launch, Tab
from tests.served import Served
from tests.sound import Recording


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = chromium()
    if path is None:
        sentence = "No Chromium found; install one to run the browser tests (Debian: apt install chromium)."
        if os.environ.get("VOX_REQUIRE_BROWSER"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@pytest.fixture(scope="session")
def playwright(chromium_path: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def launch(playwright: Playwright, chromium_path: str, tmp_path: Path) -> Iterator[Launch]:
    """``launch(recording)`` starts a Chromium whose microphone plays ``recording`` (48 kHz) once."""
    browsers: list[Browser] = []

    def launch(recording: Recording | None = None, *arguments: str, may_record: bool = True) -> Browser:
        sound = np.zeros(MICROPHONE_RATE, np.float32) if recording is None else recording
        path = tmp_path / f"microphone{len(browsers)}.wav"
        soundfile.write(path, sound, MICROPHONE_RATE, subtype="PCM_16")
        microphone = [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={path}%noloop",
        ]
        consent = ["--use-fake-ui-for-media-stream"] if may_record else []
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=[*ARGUMENTS, *microphone, *consent, *arguments]
        )
        browsers.append(browser)
        return browser

    yield launch
    for browser in browsers:
        browser.close()


@pytest.fixture
def tab(server: Served, launch: Launch) -> Callable[..., Tab]:
    """``tab(recording)`` opens the page in a browser of its own."""

    def open_tab(recording: Recording | None = None, **context: Any) -> Tab:
        return Tab(launch(recording).new_context(**context).new_page()).open(server.url)

    return open_tab
