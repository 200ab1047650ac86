"""Whoever uses the page by keyboard, by screen reader, by large type or in the dark can use all of it: in
every state, and in every sheet that there is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize

from app.engines import Brain, EngineError, Stop
from app.models import Model, Models
from app.progress import Progress
from app.settings import Settings
from tests.browser.axe import faults, with_axe
from tests.browser.tab import Launch, Tab
from tests.conversation.scripted import (
    Hanging,
    Script,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    loaded,
    says,
)
from tests.served import Served, serve

pytestmark = pytest.mark.browser

ANSWER = "Birds find their way by the sun, by the stars, and by what they have learned. "

WINDOW = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)

#: Everything that can be pressed or typed in, and be seen.
CONTROLS = """
window.sheet = () => document.activeElement.closest('dialog');
window.controls = () => [...(window.sheet() ?? document).querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(
  (one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled && !one.closest('[inert]') &&
    !(one.type === 'radio' && !one.checked && document.querySelector(`[name="${one.name}"]:checked`)));
window.nameOf = (one) => one.id || one.name || one.ariaLabel || one.textContent.trim() || one.tagName;
"""

#: What has the focus, and whether that can be seen: on itself, or around it.
FOCUSED = """() => {
  const one = document.activeElement;
  const around = [one, one.parentElement, one.parentElement?.parentElement].filter(Boolean);
  const hasRing = (part) => [null, '::before', '::after'].some(
    (pseudo) => getComputedStyle(part, pseudo).outlineStyle !== 'none');
  return [window.nameOf(one), around.some(hasRing)];
}"""

#: What can be pressed and lies beside the window, where nobody can scroll to.
CUT_OFF = """() => window.controls().filter((one) => {
  const {left, right, width} = one.getBoundingClientRect();
  return width > 1 && (left < -1 || right > innerWidth + 1);
}).map(window.nameOf)"""


class Company:
    """Three engines, which do what the test says next."""

    def __init__(self) -> None:
        self.hears: Script = says("How do birds find their way?")
        self.answers: Script = says(ANSWER)
        self.arrived = threading.Event()
        self.refuses = ""
        self.llm: Model[Brain] = Model("llm", self._brain)
        self.models = Models(
            loaded("stt", ScriptedTranscriber(lambda stop: self.hears(stop))),
            self.llm,
            loaded("tts", ScriptedSynthesizer()),
        )
        self.llm.load()

    def _brain(self, progress: Progress) -> ScriptedBrain:
        progress.report("Downloading the brain", 1, 2, "bytes")
        self.arrived.wait()
        if self.refuses:
            raise EngineError(self.refuses)
        return ScriptedBrain(lambda stop: self.answers(stop))


@pytest.fixture
def company() -> Iterator[Company]:
    company = Company()
    yield company
    company.arrived.set()


@pytest.fixture
def served(company: Company, tmp_path: Path) -> Iterator[Served]:
    with serve(Settings(data_dir=tmp_path), company.models) as served:
        yield served


class Inspector:
    """Looks at every state that it is shown: in a wide window and in a phone's, in light and dark."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.found: list[str] = []

    def look(self, state: str) -> None:
        """At the page as it is now, which is called ``state``."""
        for size in (PHONE, WINDOW):
            self._page.set_viewport_size(size)
            self.look_in(size, state)

    def look_in(self, size: ViewportSize, state: str) -> None:
        """At the page in a window of ``size``, as it is now."""
        where = f"{state}, {size['width']} px"
        wide = self._page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self._note(where, [f"the page is {wide} px wider than the window"])
        # Colours are the same in every window, and all that a theme changes.
        self._note(where, faults(self._page, colours=None if size is WINDOW else False))
        if size is WINDOW:
            self._page.emulate_media(color_scheme="dark")
            self._note(f"{where}, dark", faults(self._page, colours=True))
            self._page.emulate_media(color_scheme="light")

    def _note(self, where: str, lines: list[str]) -> None:
        self.found += [f"{where}: {line}" for line in lines]


def sheets(page: Page) -> list[str]:
    """The ids of all sheets in the page."""
    ids: list[str] = page.evaluate("[...document.querySelectorAll('dialog.sheet')].map((one) => one.id)")
    return ids


def open_sheet(page: Page, sheet: str) -> None:
    """Press the sheet's own button, in the sheet that it is in, if that is so. In a wide window a sheet may
    be a panel beside the talk."""
    opener = page.locator(f"#open-{sheet}")
    around = opener.evaluate("(one) => one.closest('dialog')?.id ?? ''")
    if around:
        open_sheet(page, around)
    if opener.get_attribute("aria-expanded") != "true":
        opener.click()
    page.locator(f"dialog#{sheet}[open], #open-{sheet}[aria-expanded=true]").first.wait_for()


def close_sheets(page: Page) -> None:
    """Close what is open, wherever it is."""
    while page.evaluate("document.querySelector('dialog[open]') !== null"):
        page.keyboard.press("Escape")
    # A dialog tells that it was closed a moment later; what is still open then is a panel.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    page.evaluate("document.querySelectorAll('.top [aria-expanded=true]').forEach((one) => one.click())")


def test_no_state_and_no_sheet_of_the_page_has_a_grave_fault(
    served: Served, company: Company, launch: Launch, tmp_path: Path
) -> None:
    tab = arrive(launch, served)
    page, inspector = tab.page, Inspector(tab.page)

    inspector.look("first start")
    card = page.get_by_role("region", name="Welcome to VOX")
    page.context.grant_permissions(["microphone"])
    page.get_by_role("button", name="I’d rather type").click()
    tab.wait_for_status("Loading…")
    inspector.look("loading")
    company.refuses = "The brain's file is damaged. Delete it, then load the brain again."
    company.arrived.set()
    card.get_by_text("The brain's file is damaged.").wait_for()
    inspector.look("a model failed")
    company.refuses = ""
    company.llm.wait()
    tab.wait_for_status("Ready")
    page.get_by_role("button", name="Skip").click()
    inspector.look("ready")

    tab.talk.click()
    tab.wait_for_status("Listening")
    inspector.look("listening")
    company.hears = slowly = Hanging()
    tab.wait_until(lambda: tab.seconds_sent() > 0.5)
    tab.talk.click()
    tab.wait_for_status("Transcribing")
    inspector.look("transcribing")
    tab.stop_all.click()
    assert slowly.was_stopped.wait(30)

    company.answers = Hanging()
    tab.type("How do birds find their way?")
    tab.wait_for_status("Thinking")
    inspector.look("thinking")
    tab.stop_all.click()
    company.answers = Hanging(ANSWER)
    tab.type("How do birds find their way in winter?")
    tab.wait_for_status("Speaking")
    tab.wait_until(lambda: tab.active() > 0)
    inspector.look("speaking")
    tab.stop_all.click()
    tab.wait_for_status("Stopped")
    inspector.look("stopped")

    company.answers = breaks
    tab.type("And in summer?")
    tab.wait_for_state("failed")
    inspector.look("an answer failed")
    company.answers = says(ANSWER)
    tab.type("Once more?")
    tab.wait_for_state("done")
    inspector.look("messages")

    tab.hands_free.click()
    tab.wait_for_status("Listening")
    inspector.look("hands-free")
    tab.mute.click()
    tab.wait_for_status("Muted")
    inspector.look("muted")
    tab.hands_free.click()

    for size in (PHONE, WINDOW):
        page.set_viewport_size(size)
        for sheet in sheets(page):
            open_sheet(page, sheet)
            inspector.look_in(size, f"the sheet {sheet}")
            close_sheets(page)

    # What opens inside of them.
    open_sheet(page, "conversations")
    page.get_by_role("button", name="More about").first.click()
    page.get_by_role("menu").wait_for()
    inspector.look_in(WINDOW, "a menu")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("summer")
    page.locator("mark").first.wait_for()
    inspector.look_in(WINDOW, "words found")
    page.get_by_role("searchbox").press("Escape")
    page.get_by_role("link", name="birds").first.press("Delete")
    page.get_by_role("button", name="Undo").wait_for()
    inspector.look("a conversation deleted")
    close_sheets(page)
    open_sheet(page, "voices")
    page.get_by_role("button", name="Add a voice").click()
    inspector.look("adding a voice")
    close_sheets(page)

    served.app.extensions["vox"].sessions.close_all()
    page.get_by_role("alert").get_by_text("VOX").first.wait_for()
    inspector.look("no connection")
    with serve(Settings(data_dir=tmp_path / "guarded", token="secret"), company.models) as guarded:
        kept = guarded.app.extensions["vox"].archive.conversations
        kept.begin("conv_of_birds", at=datetime.now(timezone.utc))
        page.goto(f"{guarded.url}/c/conv_of_birds")
        page.get_by_label("Token").fill("secret")
        inspector.look("sign in")
        page.get_by_role("button", name="Open").click()
        page.wait_for_url(f"{guarded.url}/c/conv_of_birds")
        tab.wait_until(lambda: tab.of("vox.conversation")[-1]["id"] == "conv_of_birds")
    assert inspector.found == []
    assert tab.errors == []


def arrive(launch: Launch, served: Served) -> Tab:
    """Somebody opens the page for the first time."""
    context = launch(may_record=False).new_context(viewport=WINDOW, reduced_motion="reduce")
    tab = Tab(with_axe(context).new_page())
    tab.page.add_init_script(CONTROLS)
    tab.page.goto(served.url)
    tab.page.get_by_role("region", name="Welcome to VOX").wait_for()
    return tab


def breaks(stop: Stop) -> Iterator[str]:
    yield "Birds "
    raise EngineError("The language model broke off. Ask again, or load the brain anew.")


def test_everything_can_be_reached_and_left_by_keyboard_and_the_focus_is_seen(
    served: Served, company: Company, launch: Launch
) -> None:
    company.arrived.set()
    company.answers = says(ANSWER)
    tab = arrive(launch, served)
    page = tab.page
    tab.wait_for_status("Ready")
    walk(page)
    page.keyboard.press("t")
    page.keyboard.type("Mute the birds? No: h, m, s and ? are only letters here")
    page.keyboard.press("Enter")
    tab.wait_for_state("done")
    assert tab.texts("user") == ["Mute the birds? No: h, m, s and ? are only letters here"]
    walk(page)
    page.set_viewport_size(PHONE)
    assert sheets(page)
    for sheet in sheets(page):
        open_sheet(page, sheet)
        walk(page)
        assert page.evaluate("window.sheet().id") == sheet
        page.keyboard.press("Escape")
        tab.wait_for(f"document.activeElement.id === 'open-{sheet}'")
        close_sheets(page)
    page.set_viewport_size(WINDOW)

    # The list of keys opens on its own, shows the keys that work, and can switch the single ones off.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    shown = page.locator("dialog#shortcuts dt").all_text_contents()
    assert {"hold Space", "H", "M", "Esc", "?"} <= {" ".join(one.split()) for one in shown}
    page.get_by_role("switch", name="Single keys").press("Space")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.id") != "message"
    assert page.locator("dialog[open]").count() == 0
    assert tab.errors == []


def walk(page: Page) -> None:
    """Go through all that has the focus by turns, and see that nothing is left out."""
    wanted: list[str] = page.evaluate("window.controls().map(window.nameOf)")
    reached: dict[str, bool] = {}
    for _ in range(2 * len(wanted) + 10):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(FOCUSED)
        reached[name] = is_seen
        if set(wanted) <= reached.keys():
            break
    # What has gone meanwhile, because the server said so, is missed by nobody.
    still_there: list[str] = page.evaluate("window.controls().map(window.nameOf)")
    assert sorted(set(wanted) & set(still_there) - reached.keys()) == []
    assert [name for name in wanted if not reached.get(name, True)] == []


def test_large_type_and_small_windows_lose_nothing(served: Served, company: Company, launch: Launch) -> None:
    company.arrived.set()
    tab = arrive(launch, served)
    tab.wait_for_status("Ready")
    for width, size in ((320, "100%"), (640, "200%")):
        tab.page.set_viewport_size({"width": width, "height": 640})
        tab.page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        assert tab.page.evaluate(CUT_OFF) == []
        for sheet in sheets(tab.page):
            open_sheet(tab.page, sheet)
            assert (sheet, tab.page.evaluate(CUT_OFF)) == (sheet, [])
            close_sheets(tab.page)
