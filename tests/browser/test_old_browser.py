"""A browser in which the page cannot run says so, and does not stay at "Loading…"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.settings import Settings
from tests.browser.axe import faults, with_axe
from tests.browser.tab import Launch
from tests.conversation.scripted import ScriptedBrain, ScriptedTranscriber, says, scripted_models
from tests.served import Served, serve

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    models = scripted_models(ScriptedTranscriber(says("Hello.")), ScriptedBrain(says("Hello to you.")))
    with serve(Settings(data_dir=tmp_path / "data"), models) as served:
        yield served


def told(page: Page) -> str:
    place = page.get_by_role("alert").filter(has=page.get_by_role("heading"))
    place.wait_for()
    assert not page.locator("#dock").is_visible()
    assert faults(page) == []
    words: str = place.inner_text()
    return words


def test_where_the_page_cannot_run_it_says_what_to_do(served: Served, launch: Launch) -> None:
    context = with_axe(launch().new_context(viewport={"width": 390, "height": 844}))
    page = context.new_page()
    page.add_init_script("delete HTMLDialogElement.prototype.showModal")
    page.goto(served.url)
    assert "Update it, or open this address in a current Firefox" in told(page)

    # One that cannot read what the page is written in.
    page = context.new_page()
    page.route(
        "**/vox.js",
        lambda route: route.fulfill(body="a ?!. newer ~> language", content_type="text/javascript"),
    )
    page.goto(served.url)
    assert "This browser cannot show VOX" in told(page)

    # And where a part does not come, the browser is not blamed.
    page = context.new_page()
    page.route("**/vox/session.js", lambda route: route.abort())
    page.goto(served.url)
    assert "load the page again" in told(page)
