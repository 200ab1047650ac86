"""One tab with the page open, as a test sees it: its parts by their names, and its wire."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, WebSocket

from tests.sound import Recording

#: Rate of the recordings that the fake microphone plays, in Hz.
MICROPHONE_RATE = 48_000

Launch = Callable[..., Browser]

# Keeps what the page plays: each source's samples and the time it was scheduled for. The test
# puts them on a time line, so that a gap or an overlap between chunks would be heard.
KEEP_SOUND = """
window.kept = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  window.kept.push({when: Math.max(when, this.context.currentTime), rate: this.buffer.sampleRate,
                    samples: Array.from(this.buffer.getChannelData(0))});
  return start.call(this, when, ...rest);
};
"""

# For presses that must come within one tick of the page.
FIND_BUTTON = """
window.button = (name) => [...document.querySelectorAll('button')].find(
  (b) => b.ariaLabel === name || b.textContent.trim() === name);
"""

KEEP_STREAM = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (...args) => (window.stream = await ask(...args));
}"""


@dataclass
class Tab:
    """One tab with the page open, and everything that went over its socket."""

    page: Page
    sent: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("websocket", self._watch)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.add_init_script(KEEP_SOUND)
        self.page.add_init_script(FIND_BUTTON)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda text: self.sent.append(json.loads(text)))
        socket.on("framereceived", lambda text: self.received.append(json.loads(text)))

    def open(self, url: str) -> Tab:
        self.page.goto(url)
        self.wait_for_status("Ready")
        return self

    @property
    def talk(self) -> Any:
        return self.page.get_by_role("button", name="Talk", exact=True)

    @property
    def stop_all(self) -> Any:
        return self.page.get_by_role("button", name="Stop All", exact=True)

    @property
    def stop_generating(self) -> Any:
        return self.page.get_by_role("button", name="Stop generating", exact=True)

    @property
    def hands_free(self) -> Any:
        return self.page.get_by_role("switch", name="Hands-free", exact=True)

    @property
    def mute(self) -> Any:
        return self.page.get_by_role("button", name="Mute", exact=True)

    def keep_stream(self) -> None:
        """Keep the microphone's stream of the next recording as ``window.stream``."""
        self.page.evaluate(KEEP_STREAM)

    def messages(self, role: str) -> Any:
        return self.page.get_by_role("log").locator(f'[data-role="{role}"]')

    def texts(self, role: str) -> list[str]:
        return [text.strip() for text in self.messages(role).locator(".text").all_text_contents()]

    def wait_for_status(self, *words: str) -> None:
        self.wait_for(f"{list(words)}.includes(document.querySelector('[role=status]').textContent.trim())")

    def wait_for_state(self, state: str, index: int = -1) -> None:
        """Wait until an assistant's message (the last one) is in ``state``."""
        self.wait_for(
            "[...document.querySelectorAll('[role=log] [data-role=assistant]')]"
            f".at({index})?.dataset.state === '{state}'"
        )

    def wait_for(self, expression: str) -> None:
        """Wait until a JavaScript ``expression`` is true. (The page's own policy forbids what
        Playwright's wait_for_function does.)"""
        self.wait_until(lambda: bool(self.page.evaluate(expression)))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for ``condition``; the page's events come in meanwhile."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if condition():
                return
            self.page.wait_for_timeout(10)
        raise AssertionError(f"never happened; received: {[e['type'] for e in self.received][-20:]}")

    def type(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Message").fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def record(self, seconds: float) -> None:
        """Press Talk and wait until ``seconds`` of microphone have gone to the server."""
        before = self.seconds_sent()
        self.talk.click()
        self.wait_until(lambda: self.seconds_sent() - before >= seconds)

    def seconds_sent(self) -> float:
        rate = next(
            (
                event["session"]["audio"]["input"]["format"]["rate"]
                for event in reversed(self.sent)
                if event["type"] == "session.update" and "rate" in json.dumps(event)
            ),
            24_000,
        )
        audio = (event["audio"] for event in self.sent if event["type"] == "input_audio_buffer.append")
        size: int = sum(len(data) // 4 * 3 - data.count("=", -2) for data in audio)
        return size / 2 / int(rate)

    def count_sent(self, type_name: str) -> int:
        return sum(event["type"] == type_name for event in self.sent)

    def of(self, type_name: str) -> list[dict[str, Any]]:
        return [event for event in self.received if event["type"] == type_name]

    def active(self) -> int:
        size: int = self.page.evaluate("window.vox.activeAudio.size")
        return size

    def played(self) -> tuple[Recording, int]:
        """What was played, as it was scheduled in time, and its sample rate."""
        kept = self.page.evaluate("window.kept")
        rate = int(kept[0]["rate"])
        begin = min(piece["when"] for piece in kept)
        end = max(piece["when"] - begin + len(piece["samples"]) / rate for piece in kept)
        line = np.zeros(round(end * rate) + 1, np.float32)
        for piece in kept:
            at = round((piece["when"] - begin) * rate)
            line[at : at + len(piece["samples"])] += np.asarray(piece["samples"], np.float32)
        return line, rate
