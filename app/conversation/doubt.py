"""Doubt: somebody makes a sound while VOX speaks. Do they want to say something?

A cough is short, and so is an "mm-hm", with which people ask each other to go on. So VOX at first
only lowers its voice, then holds it; it is interrupted by whoever goes on speaking, or says in
short a word that means something ("stop").
"""

from __future__ import annotations

from typing import Literal

from app.conversation.utterance import Utterance, frames_in

#: Voiced milliseconds after which VOX falls silent and keeps its place.
HOLD_MS = 96
#: Voiced milliseconds after which it is an interruption, whatever the words are.
INTERRUPTION_MS = 704
#: Milliseconds of silence after which a short sound is over.
OVER_MS = 256

_HOLD, _INTERRUPTION, _OVER = frames_in(HOLD_MS), frames_in(INTERRUPTION_MS), frames_in(OVER_MS)

#: "hold", "interrupted", "over" (it was nothing), or "ask" (the words decide).
Step = Literal["hold", "interrupted", "over", "ask"]


class Doubt:
    """Decides about one ``utterance``, which grows meanwhile."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.is_held = False
        self._has_asked = False

    def step(self) -> Step | None:
        """What the last frame leads to; None for nothing new."""
        voiced, silent = self.utterance.voiced, self.utterance.silent
        if voiced >= _INTERRUPTION:
            return "interrupted"
        if voiced >= _HOLD and not self.is_held:
            self.is_held = True
            return "hold"
        if silent == 0:
            self._has_asked = False
        if silent < _OVER or self._has_asked:
            return None
        if not self.is_held:
            return "over"
        self._has_asked = True
        return "ask"
