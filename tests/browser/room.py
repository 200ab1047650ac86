"""A person before the page: they speak whenever they like, and hear what leaves the loudspeaker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.browser.ear import Ear
from tests.browser.mouth import MOUTH_RATE, Mouth
from tests.browser.tab import Tab
from tests.sound import Recording

STORY = "Tell me a long story about a dragon."

#: How many samples browsers render at once.
QUANTUM = 128


@dataclass
class Room:
    """A tab, a mouth at its microphone, an ear at its loudspeaker; ``voice`` makes what is said."""

    tab: Tab
    mouth: Mouth
    ear: Ear
    voice: Callable[..., Recording]

    def begin(self, text: str) -> None:
        """Begin to say ``text``."""
        self.mouth.say(self.voice(text, rate=MOUTH_RATE))

    def say(self, said: str | Recording) -> None:
        """Say ``said`` to its end."""
        self.mouth.say(self.voice(said, rate=MOUTH_RATE) if isinstance(said, str) else said)
        self.mouth.wait_until_silent()

    def switch(self, on: bool) -> None:
        """Turn hands-free on or off."""
        self.tab.hands_free.click()
        self.tab.wait_for_status("Listening" if on else "Ready")

    def have_a_story_told(self) -> None:
        """Have a long answer begun, until it can be heard."""
        self.tab.type(STORY)
        self.tab.wait_until(lambda: self.ear.audible().size > 100)

    def let_pass(self, seconds: float) -> None:
        """Wait until the server was sent so much more of the room."""
        before = self.tab.seconds_sent()
        self.tab.wait_until(lambda: self.tab.seconds_sent() - before >= seconds)

    def turn_of(self, index: int) -> dict[str, Any]:
        """How the ``index``-th response ended."""
        self.tab.wait_until(lambda: len(self.tab.of("response.done")) > index)
        response: dict[str, Any] = self.tab.of("response.done")[index]["response"]
        return response

    def gains(self) -> npt.NDArray[np.float64]:
        """How loud each sounding moment (QUANTUM samples) of what was scheduled left the loudspeaker, 1
        for as it was made; those that never came out are 0."""
        kept = self.tab.page.evaluate("window.kept")
        rate = int(kept[0]["rate"])
        first = min(round(piece["when"] * rate) for piece in kept) // QUANTUM * QUANTUM
        last = max(round(piece["when"] * rate) + len(piece["samples"]) for piece in kept)
        line = np.zeros((last - first) // QUANTUM * QUANTUM + QUANTUM, np.float64)
        for piece in kept:
            at = round(piece["when"] * rate) - first
            line[at : at + len(piece["samples"])] += piece["samples"]
        made = np.sqrt(np.square(line.reshape(-1, QUANTUM)).mean(axis=1))
        came_out = np.zeros_like(made)
        for frame, level, _ in self.ear.heard():
            if 0 <= (quantum := int(frame - first) // QUANTUM) < came_out.size:
                came_out[quantum] = level
        sounding = made > 0.01
        return np.asarray(came_out[sounding] / made[sounding])
