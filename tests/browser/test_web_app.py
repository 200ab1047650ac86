"""VOX is a web app that a browser can install."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from app.settings import Settings
from tests.browser.chromium import ARGUMENTS
from tests.conversation.scripted import ScriptedBrain, ScriptedTranscriber, says, scripted_models
from tests.served import serve

pytestmark = pytest.mark.browser

TINTS = "[...document.querySelectorAll('meta[name=theme-color]')].map((meta) => meta.content)"


def test_a_browser_finds_nothing_that_keeps_it_from_being_installed(
    playwright: Playwright, chromium_path: str, tmp_path: Path
) -> None:
    models = scripted_models(ScriptedTranscriber(says("Hello.")), ScriptedBrain(says("Hello to you.")))
    # A window of its own: nothing can be installed from a private one, which others are.
    with (
        serve(Settings(data_dir=tmp_path / "data"), models) as served,
        playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium_path, args=ARGUMENTS, color_scheme="dark"
        ) as context,
    ):
        page = context.new_page()
        page.goto(served.url)
        browser = context.new_cdp_session(page)
        assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        found = browser.send("Page.getAppManifest")
        assert found["errors"] == []
        assert found["manifest"]["startUrl"] == f"{served.url}/"
        assert found["manifest"]["display"] == "kStandalone"
        for icon in found["manifest"]["icons"]:
            answer = page.request.get(icon["url"])
            assert answer.status == 200
            assert answer.headers["content-type"].partition(";")[0] == icon["type"]

        # The window's frame has the page's colour, also of the theme that is chosen in the settings.
        assert page.evaluate(TINTS) == ["#faf9f6", "#151614"]
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("radio", name="Light").check(force=True)
        assert set(page.evaluate(TINTS)) == {"rgb(250, 249, 246)"}
        page.get_by_role("radio", name="As the system").check(force=True)
        assert page.evaluate(TINTS) == ["#faf9f6", "#151614"]
