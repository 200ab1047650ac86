"""Draws the application's icons from static/icon.svg: ``uv run python docs/icons.py``.

A maskable icon fills its square, because the system cuts its own shape out of it: only the middle four
fifths are sure to be seen (W3C, Web Application Manifest, "Icon masks"). So does Apple's, which gets its
corners rounded. It needs a Chromium.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).parents[1] / "static"
#: File, side in pixels, and whether it fills its square.
ICONS = [
    ("vox-192.png", 192, False),
    ("vox-512.png", 512, False),
    ("vox-maskable-512.png", 512, True),
    ("apple-touch-icon.png", 180, True),
]


def filling(svg: str) -> str:
    """``svg`` without round corners, its drawing at four fifths of its size."""
    square = re.sub(r' rx="\d+"', "", svg)
    return square.replace("<g ", '<g transform="translate(3.2 3.2) scale(.8)" ')


def main() -> None:
    svg = (STATIC / "icon.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, side, fills in ICONS:
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<style>*{{margin:0}}svg{{display:block}}</style>{filling(svg) if fills else svg}"
            )
            page.screenshot(path=STATIC / "icons" / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
