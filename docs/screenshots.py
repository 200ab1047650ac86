"""Takes pictures of the real page, in all its main states: ``uv run python docs/screenshots.py``.

In a wide window and in a phone's, in light and dark, into docs/screenshots/. The models are those of the
offline pack, and the answers are theirs; only the conversations of the days before are written by us. It
needs a Chromium and takes a few minutes.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import soundfile
import soxr
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.archive.archive import Archive
from app.archive.records import MessageRecord
from app.assembly import assemble
from app.models import Models
from app.settings import Settings
from tests.browser.chromium import ARGUMENTS, chromium
from tests.served import serve

PICTURES = Path(__file__).parent / "screenshots"
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
THEMES = ("light", "dark")

#: One for each visit, so that the list of conversations is one of different things.
QUESTIONS = [
    "How do birds find their way in winter?",
    "Why does bread rise?",
    "What makes a good story?",
    "How does a lighthouse work?",
]
SPOKEN = (
    "I would like to know why the sky is blue in the morning and red in the evening, and whether it would be "
    "the same on another planet with another kind of air, or with no air at all."
)
MICROPHONE_RATE = 48_000

#: Seconds that something may take on a slow machine.
PATIENCE = 90

#: Days ago, what was asked, what was answered.
EARLIER = [
    (1, "What should I see in Lisbon in two days?", "Begin in Alfama, early, before the trams are full."),
    (1, "Give me a soup for a cold evening.", "Leek and potato. It wants half an hour and little else."),
    (4, "How does a sundial work?", "Its pointer lies along the axis of the Earth."),
    (9, "Teach me ten words of Danish.", "Hej, tak, ja, nej, vand, brød, hus, kat, sol, måne."),
]

#: Something has been said of the answer for a while: some of its words are marked.
MARKED = "CSS.highlights.get('vox-speaking')?.size > 0"
HEARD = (
    "[...document.querySelectorAll('[data-role=user][data-state=hearing] .text')]"
    ".some((text) => text.textContent.split(' ').length > 3)"
)


class Photographer:
    """Takes the pictures of one size in one theme."""

    def __init__(self, page: Page, size: str, theme: str) -> None:
        self.page = page
        self._name = f"{size}-{theme}"

    def take(self, state: str) -> None:
        """The page as it is now, as a PNG of few colours: a page has not many more."""
        path = PICTURES / f"{state}-{self._name}.png"
        self.page.screenshot(path=path)
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(192, dither=Image.Dither.NONE)
        few.save(path, optimize=True)

    def until(self, condition: str) -> None:
        """Wait until a JavaScript condition is true; the page's policy forbids the usual way."""
        if not self.until_if(condition, PATIENCE):
            raise TimeoutError(f"{self._name}: never {condition}")

    def until_if(self, condition: str, seconds: float) -> bool:
        """Whether a JavaScript condition becomes true in so many seconds."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                return False
            self.page.wait_for_timeout(20)
        return True

    def status(self, word: str) -> None:
        self.until(f"document.getElementById('status').textContent === '{word}'")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, office(Path(folder)) as (url, models):
        for old in PICTURES.glob("*.png"):
            old.unlink()
        microphone = Path(folder) / "microphone.wav"
        speak(models, microphone)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(),
                args=[
                    *ARGUMENTS,
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-audio-capture={microphone}",
                ],
            )
            for (size, theme), question in zip(product(SIZES, THEMES), QUESTIONS, strict=True):
                newcomer(browser, url, size, theme)
                regular(browser, url, size, theme, question)
            browser.close()


@contextmanager
def office(folder: Path) -> Iterator[tuple[str, Models]]:
    """A server with the pack's models and some earlier conversations: its address, and the models."""
    settings = Settings(tts="piper", llm_url="builtin", offline=True, data_dir=folder)
    models = assemble(settings)
    models.wait()
    write_earlier(settings)
    with serve(settings, models) as served:
        yield served.url, models
    models.unload()


def write_earlier(settings: Settings) -> None:
    archive = Archive.open(settings)
    now = datetime.now(timezone.utc)
    for number, (days, question, answer) in enumerate(EARLIER):
        at = now - timedelta(days=days, minutes=number)
        conversation = f"conv_{number:032x}"
        archive.conversations.begin(conversation, at=at)
        for role, text in (("user", question), ("assistant", answer)):
            archive.conversations.add_message(
                MessageRecord(
                    id=f"item_{number}_{role}",
                    conversation_id=conversation,
                    role=role,  # type: ignore[arg-type]
                    text=text,
                    is_audio=True,
                    state="completed",
                    error=None,
                    created_at=at,
                    ended_at=at,
                )
            )
        archive.conversations.rename(conversation, question.rstrip("?."), own=False)
    archive.close()


def speak(models: Models, path: Path) -> None:
    """What the microphone hears, over and over: some quiet, then a question."""
    voice = models.tts.wait()
    said = np.concatenate(list(voice.synthesize(SPOKEN, None, threading.Event())))
    quiet = np.zeros(2 * MICROPHONE_RATE, np.float32)
    soundfile.write(
        path,
        np.concatenate([quiet, soxr.resample(said, voice.sample_rate, MICROPHONE_RATE)]),
        MICROPHONE_RATE,
    )


def newcomer(browser: Browser, url: str, size: str, theme: str) -> None:
    """Somebody who was never here."""
    with visit(browser, url, size, theme, permissions=None) as photographer:
        photographer.page.get_by_role("heading", name="Welcome to VOX").wait_for()
        photographer.status("Ready")
        photographer.take("first-start")


def regular(browser: Browser, url: str, size: str, theme: str, question: str) -> None:
    """Somebody who talks."""
    with visit(browser, url, size, theme, permissions=["microphone"]) as photographer:
        page = photographer.page
        photographer.status("Ready")
        photographer.take("talk")
        page.get_by_role("textbox", name="Message").fill(question)
        page.get_by_role("button", name="Send", exact=True).click()
        photographer.status("Speaking")
        photographer.until(MARKED)
        page.wait_for_timeout(2_500)  # some words into the answer
        photographer.take("speaking")
        page.get_by_role("button", name="Stop All", exact=True).click()
        page.get_by_role("switch", name="Hands-free").click()
        photographer.status("Hearing you")
        # A machine with much else to do shows no words before the end of an utterance.
        if not photographer.until_if(HEARD, 10):
            photographer.status("Hearing you")
        photographer.take("hands-free")
        page.get_by_role("button", name="Stop All", exact=True).click()
        page.get_by_role("switch", name="Hands-free").click()
        for sheet in ("conversations", "voices", "models", "settings", "shortcuts"):
            opened(page, sheet, partial(photographer.take, sheet))


def opened(page: Page, sheet: str, then: Callable[[], None]) -> None:
    """Open a sheet by its button, in the sheet that it is in if that is so; and close it again."""
    opener = page.locator(f"#open-{sheet}")
    around = opener.evaluate("(one) => one.closest('dialog')?.id ?? ''")

    def press() -> None:
        opener.click()
        page.wait_for_timeout(1_000)  # it slides in, and asks the server what to show
        then()
        page.keyboard.press("Escape")

    if around:
        opened(page, around, press)
    else:
        press()


@contextmanager
def visit(
    browser: Browser, url: str, size: str, theme: str, permissions: list[str] | None
) -> Iterator[Photographer]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        permissions=permissions,
    )
    page = context.new_page()
    page.goto(url)
    yield Photographer(page, size, theme)
    context.close()


if __name__ == "__main__":
    main()
