"""Looks for faults of accessibility in a page with axe-core (Deque), which brings its own rules."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from playwright.sync_api import BrowserContext, Page

#: What keeps somebody from using the page, or makes it hard.
GRAVE = ("serious", "critical")

CONTRAST = "color-contrast"


def with_axe(context: BrowserContext) -> BrowserContext:
    """Every page of ``context`` has axe-core, which a page's own policy does not keep out: it comes from
    the browser, not from the page."""
    context.add_init_script(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    return context


def faults_in_both_themes(page: Page) -> list[str]:
    """The grave faults in ``page`` as it is now, in light and in dark."""
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    found += faults(page, colours=True)
    page.emulate_media(color_scheme="light")
    return found


def faults(page: Page, *, colours: bool | None = None) -> list[str]:
    """The grave faults in ``page`` as it is now, a line each. ``colours``: only those of contrast (True), or
    all but those (False), as looking for them takes longest."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if colours:
        options["runOnly"] = [CONTRAST]
    elif colours is False:
        options["rules"] = {CONTRAST: {"enabled": False}}
    found = page.evaluate(f"axe.run(document, {json.dumps(options)})")
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
