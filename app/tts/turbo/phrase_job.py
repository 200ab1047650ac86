"""One phrase in the making, between the thread that asked for it and the one that makes it."""

from __future__ import annotations

import threading

import torch

from app.engines import Samples, Stop, Tell
from app.tts.queueing import LOOK_EVERY
from app.tts.turbo.voice import Voice

#: Share of the work on a phrase that its tokens take, the rest being the flow and the vocoder.
_DECODING = 0.6


class Stopped(Exception):
    """Raised inside the work on a phrase whose stop is set."""


class PhraseJob:
    """What is to be said and by whom, then what came of it."""

    def __init__(
        self, text: torch.Tensor, expected: int, voice: Voice, stop: Stop, tell: Tell, seed: int | None
    ) -> None:
        self.text = text
        self.voice = voice
        self.stop = stop
        #: When it is its reply's turn.
        self.round = 0
        self.generator = torch.Generator()
        #: Speech tokens so far, without the one that ends the phrase.
        self.tokens: list[int] = []
        #: Whether the phrase came to its own end, not to the longest that is allowed.
        self.is_whole = False
        self.samples: Samples | None = None
        self._expected = expected
        self._tell = tell
        self._seed = seed
        self._problem: Exception | None = None
        self._ended = threading.Event()

    def seed_on(self, device: torch.device) -> None:
        """Make the phrase's own randomness, on ``device``."""
        self.generator = torch.Generator(device)
        self.generator.seed() if self._seed is None else self.generator.manual_seed(self._seed)

    def tell_decoded(self) -> None:
        """Tell how far the tokens are, against how many the text lets expect."""
        self._tell(_DECODING * min(1.0, len(self.tokens) / self._expected))

    def tell_voiced(self, fraction: float) -> None:
        self._tell(_DECODING + (1.0 - _DECODING) * fraction)

    def finish(self, samples: Samples) -> None:
        self.samples = samples
        self._ended.set()

    def fail(self, problem: Exception) -> None:
        self._problem = problem
        self._ended.set()

    def leave(self) -> None:
        """End without a result: the stop was set."""
        self._ended.set()

    def wait(self) -> None:
        """Block until the phrase is made or its stop is set. Raises what went wrong."""
        on_set = getattr(self.stop, "on_set", None)
        forget = on_set(self._ended.set) if on_set else None
        try:
            while not self._ended.wait(None if on_set else LOOK_EVERY):
                if self.stop.is_set():
                    return
        finally:
            if forget:
                forget()
        if self._problem is not None:
            raise self._problem
