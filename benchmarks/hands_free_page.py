"""A conversation with the real page in a Chromium: a mouth at its microphone, an ear at its loudspeaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import sync_playwright

from app.engines import Samples
from benchmarks.questions import Question
from tests.browser.chromium import ARGUMENTS, chromium
from tests.browser.ear import Ear, page_to_listen_to
from tests.browser.mouth import Mouth, Said

#: What somebody types to be told something long.
STORY = "Tell me a long story about a dragon."

#: An answer later than this after the end of the voice is none.
MISSED_MS = 5_000
#: How often the page is asked how far it is.
_POLL_MS = 30
#: How long anything else may take.
_PATIENCE_MS = 90_000

_KEEP_CLICKS = "addEventListener('click', (event) => { window.clicked = event.timeStamp; }, true);"
_COUNTS = """['user', 'assistant'].map(
  (role) => document.querySelectorAll(`[role=log] [data-role=${role}]`).length)"""
#: The parts that the page shows of an answer's time.
PARTS = ("endpoint", "stt", "llm", "tts", "total")


@dataclass(frozen=True)
class Answer:
    """What became of one question. Times are in ms; None where there was no answer in time."""

    #: From the last voiced sample to the first audible one, the loudspeaker's latency included.
    total: float | None
    #: By the page itself, where it says so.
    shown: dict[str, int]
    #: Something was answered, or finally taken for a turn, while the person was going on.
    cut_in: bool
    heard: str
    #: From the click on Stop All to silence; None where it had ended by itself.
    stopped: float | None

    @property
    def missed(self) -> bool:
        return self.total is None


@contextmanager
def conversation(url: str) -> Iterator[ConversationPage]:
    """The page at ``url`` with hands-free on. Raises RuntimeError where there is no Chromium."""
    path = chromium()
    if path is None:
        raise RuntimeError("No Chromium found; install one to run this (Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*ARGUMENTS, "--use-fake-device-for-media-stream"]
        )
        try:
            page = ConversationPage(page_to_listen_to(browser))
            page.open(url)
            yield page
        finally:
            browser.close()


class ConversationPage:
    """The page, as a person uses it."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._ear = Ear(page)
        self._mouth = Mouth(page)
        page.add_init_script(_KEEP_CLICKS)

    def open(self, url: str) -> None:
        self._page.goto(url)
        self._wait_for_status("Ready")
        self._page.get_by_role("switch", name="Hands-free").click()
        self._wait_for_status("Listening")

    @property
    def latency_ms(self) -> float:
        """From the page to the ear, by the browser's own word."""
        return self._ear.latency_ms

    def ask(self, question: Question) -> Answer:
        """Speak ``question``, wait for the answer's beginning, and stop it."""
        users, answers = self._page.evaluate(_COUNTS)
        self._mouth.set_room(question.room)
        said = self._speak(question.samples)
        first = self._first_sound(said)
        if first is not None:
            self._wait(lambda: self._is_made(answers))
        stopped = self.stop_all()
        # A turn taken too early is answered, or taken back, by now; so many messages remained.
        taken = self._page.evaluate(_COUNTS)[0] - users
        return Answer(
            total=None if first is None else first + self.latency_ms - said.last_ms,
            shown=self._shown(answers),
            cut_in=taken > 1 or (first is not None and first < said.last_ms),
            heard=self._text(users),
            stopped=stopped,
        )

    def interrupt(self, interruption: Samples) -> float | None:
        """Have something long told in a conversation of its own and speak into it: ms from the onset of
        the voice to silence, or None where it was not interrupted."""
        self._begin_anew()
        _, answers = self._page.evaluate(_COUNTS)
        self._page.get_by_role("textbox", name="Message").fill(STORY)
        began = self._now()
        self._page.get_by_role("button", name="Send", exact=True).click()
        self._wait(
            lambda: (first := self._ear.first_sound(began)) is not None and self._now() > first + 1_500
        )
        said = self._speak(interruption)
        self._wait(lambda: self._state(answers) != "streaming" or self._now() > said.last_ms + MISSED_MS)
        silent = self._ear.silent_from(said.first_ms, said.last_ms)
        was_stopped = self._state(answers) == "stopped" and silent < said.last_ms - 20
        self.stop_all()
        return silent - said.first_ms if was_stopped else None

    def stop_all(self) -> float | None:
        """Press Stop All: ms from the click to silence, or None where nothing sounded."""
        active = self._page.evaluate("window.vox.activeAudio.size")
        self._page.get_by_role("button", name="Stop All", exact=True).click()
        clicked = self._page.evaluate("window.clicked")
        self._page.wait_for_timeout(300)
        self._wait_for_status("Listening", "Stopped")
        sounded = active > 0 and self._ear.audible(clicked - 50, clicked).size > 0
        return self._ear.silent_from(clicked) - clicked if sounded else None

    def _begin_anew(self) -> None:
        # After many short answers a small brain tells nothing long any more: it repeats what it has said.
        self._page.evaluate("document.activeElement.blur()")
        self._page.keyboard.press("n")
        self._wait(lambda: self._page.evaluate(_COUNTS) == [0, 0])
        self._wait_for_status("Listening")

    def _speak(self, samples: Samples) -> Said:
        self._mouth.say(samples)
        self._mouth.wait_until_silent()
        return self._mouth.said[-1]

    def _first_sound(self, said: Said) -> float | None:
        """When the answer began, even while the person spoke; None where it was missed."""
        while (first := self._ear.first_sound(said.first_ms)) is None:
            if self._now() > said.last_ms + MISSED_MS:
                return None
            self._page.wait_for_timeout(_POLL_MS)
        return first

    def _has_sounded_for(self, ms: float, since: float) -> bool:
        first = self._ear.first_sound(since)
        return first is not None and self._now() > first + ms

    def _is_made(self, index: int) -> bool:
        """Whether the server has told all of an answer: its times come last."""
        return "llm" in self._shown(index) or self._state(index) not in (None, "streaming")

    def _shown(self, index: int) -> dict[str, int]:
        data = self._of("assistant", index, "({...m.dataset})") or {}
        given = ((part, data.get(f"ms{part.capitalize()}")) for part in PARTS)
        return {part: int(value) for part, value in given if value is not None}

    def _state(self, index: int) -> str | None:
        state: str | None = self._of("assistant", index, "m.dataset.state")
        return state

    def _text(self, index: int) -> str:
        return str(self._of("user", index, "m.querySelector('.text').textContent.trim()") or "")

    def _of(self, role: str, index: int, expression: str) -> Any:
        return self._page.evaluate(
            f"((m) => m ? {expression} : null)"
            f"(document.querySelectorAll('[role=log] [data-role={role}]')[{index}])"
        )

    def _now(self) -> float:
        return float(self._page.evaluate("performance.now()"))

    def _wait_for_status(self, *words: str) -> None:
        status = "document.querySelector('[role=status]').textContent.trim()"
        self._wait(lambda: self._page.evaluate(status) in words)

    def _wait(self, condition: Callable[[], bool]) -> None:
        for _ in range(_PATIENCE_MS // _POLL_MS):
            if condition():
                return
            self._page.wait_for_timeout(_POLL_MS)
        raise RuntimeError("The page does not get on.")
