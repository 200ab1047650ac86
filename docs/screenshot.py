"""Takes the README's picture of the real page: ``uv run python docs/screenshot.py``.

It needs a Chromium. The models are those the settings ask for (VOX_…); the answer is theirs.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from app import create_app
from app.assembly import assemble
from app.settings import Settings

QUESTION = "How do birds find their way in winter?"
PICTURE = Path(__file__).parent / "screenshot.png"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main() -> None:
    settings = Settings.from_environment()
    models = assemble(settings)
    models.wait()
    server = make_server("127.0.0.1", 0, create_app(settings, models), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1180, "height": 760}, device_scale_factor=2)
        page.goto(f"http://127.0.0.1:{server.server_port}")
        page.get_by_role("status").filter(has_text="Ready").wait_for()
        page.get_by_role("textbox", name="Message").fill(QUESTION)
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_role("status").filter(has_text="Speaking").wait_for()
        page.wait_for_timeout(2_500)  # some words into the answer
        page.screenshot(path=PICTURE)
        browser.close()
    server.shutdown()
    models.unload()


if __name__ == "__main__":
    main()
