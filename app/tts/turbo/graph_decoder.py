"""The decoder on an NVIDIA GPU: steps recorded as CUDA graphs, done several at a time.

A step is some four hundred small kernels; starting them one by one from Python takes longer than they
run. So each step is recorded once for every reach of attention and every set of neighbouring rows,
and replayed. A burst of steps is under way while the tokens of the burst before it are looked at:
the GPU never waits for somebody to see whether the speech has ended.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from app.engines import Tell
from app.tts.turbo.cache import KeyValueCache
from app.tts.turbo.capture import Capture, CudaCapture, EagerCapture, Fetched
from app.tts.turbo.decoder import Decoder, Row
from app.tts.turbo.sampling import Sampler
from app.tts.turbo.static_step import Registers, StaticStep
from app.tts.turbo.torch_blocks import TorchBlocks
from app.tts.turbo.voice import Voice

log = logging.getLogger(__name__)

#: Steps between two looks at the tokens.
BURST = 8
#: Attention's reach is rounded up to a multiple of this.
REACH = 256
#: Bursts under way, or done and not looked at yet.
_AHEAD = 2

#: First row, number of rows, reach.
_Key = tuple[int, int, int]


@dataclass
class _Burst:
    """Steps under way."""

    rows: dict[int, Row]
    tokens: Fetched
    #: The states of the rows' generators behind the burst.
    chances: dict[int, torch.Tensor]


class GraphDecoder(Decoder):
    """As ``Decoder``, to the same tokens; where a step cannot be recorded it goes on as ``Decoder``."""

    def __init__(
        self, t3: Any, blocks: TorchBlocks, cache: KeyValueCache, capture: Capture | None = None
    ) -> None:
        super().__init__(t3, blocks, cache)
        generators = [torch.Generator(self.device) for _ in range(cache.rows)]
        self._registers = Registers(generators, self._vocabulary, BURST, self.device)
        self._step = StaticStep(t3, cache, self._registers)
        self._last_place = cache.positions - 1
        if capture is None and self.device.type == "cuda":
            capture = CudaCapture(self.device, generators)
        self._capture = capture or EagerCapture()
        #: None when steps are not recorded any more.
        self._recordings: dict[_Key, Callable[[], None]] | None = {}
        self._bursts: list[_Burst] = []
        #: Nothing else is to be done on the device while a step is recorded.
        self._lock = threading.Lock()

    def warm_up(self, tell: Tell) -> None:
        """Record every step there is. May be called from any thread; tells how far it is."""
        reaches = [self._reach(length) for length in range(0, self._last_place + 1, REACH)]
        runs = [(first, last - first) for last in range(1, self.rows + 1) for first in range(last)]
        keys = [(*run, reach) for reach in reaches for run in runs]
        with torch.inference_mode():
            for done, key in enumerate(keys):
                tell(done / len(keys))
                with self._lock:
                    if not self._recorded([key]):
                        break
        tell(1.0)

    def release(self) -> bool:
        """Free all recordings, from any thread; from then on, steps are done one by one."""
        with self._lock:
            if self._recordings is None:
                return False
            self._drop()
            return True

    def begin(
        self, row: int, voice: Voice, text: torch.Tensor, sampler: Sampler, check: Callable[[], None]
    ) -> int:
        with self._lock:
            return super().begin(row, voice, text, sampler, check)

    def advance(self, rows: Sequence[int]) -> list[list[int]]:
        """As ``Decoder.advance``: at least one token for each row, mostly ``BURST``. Tokens are drawn
        ahead of the call, so a phrase that is left out of one is over."""
        phrases = {row: self._phrases[row] for row in rows}
        new: dict[int, list[int]] = {row: [] for row in rows}
        with self._lock:
            self._bursts = [burst for burst in self._bursts if _share(burst.rows, phrases)]
            while len(self._bursts) < _AHEAD and self._start(phrases):
                pass
        while self._bursts and not all(new.values()):
            for row, tokens in self._finish(self._bursts.pop(0), phrases).items():
                new[row] += tokens
        if not all(new.values()):
            with self._lock:
                for row, tokens in zip(rows, super().advance(rows), strict=True):
                    new[row] += tokens
        return [new[row] for row in rows]

    def _start(self, phrases: dict[int, Row]) -> bool:
        """Set a burst of steps for ``phrases`` going; False if steps are not recorded."""
        longest = max(phrase.length for phrase in phrases.values())
        first, count = min(phrases), len(phrases)
        steps = self._recorded([(first, count, self._reach(longest + ahead)) for ahead in range(BURST)])
        if not steps:
            return False
        for row, phrase in phrases.items():
            self._take_up(row, phrase)
        for step in steps:
            step()
        chances = {row: self._put_down(row, phrase) for row, phrase in phrases.items()}
        tokens = Fetched(self._registers.recent[first : first + count])
        self._bursts.append(_Burst(phrases, tokens, chances))
        return True

    def _finish(self, burst: _Burst, phrases: dict[int, Row]) -> dict[int, list[int]]:
        """The tokens of ``burst`` for those of ``phrases`` that it is of."""
        new = {}
        for row, tokens in zip(burst.rows, burst.tokens.wait().tolist(), strict=True):
            if phrases.get(row) is burst.rows[row]:
                new[row] = tokens
                # Whoever draws from it next is to do so where the phrase ended, not further on.
                phrases[row].sampler.generator.set_state(burst.chances[row])
        return new

    def _take_up(self, row: int, phrase: Row) -> None:
        """Let the registers of ``row`` go on where ``phrase`` is."""
        registers = self._registers
        registers.token[row].copy_(phrase.token[0])
        registers.place[row].fill_(min(phrase.length, self._last_place))
        registers.seen[row].copy_(phrase.sampler.seen[0])
        chances = [burst.chances[row] for burst in self._bursts if burst.rows.get(row) is phrase]
        chance = chances[-1] if chances else phrase.sampler.generator.get_state()
        registers.generators[row].set_state(chance)

    def _put_down(self, row: int, phrase: Row) -> torch.Tensor:
        """Let ``phrase`` go on where the registers of ``row`` are, and return where its chance is."""
        registers = self._registers
        phrase.token = registers.token[row : row + 1].clone()
        phrase.length += BURST
        phrase.sampler.seen.copy_(registers.seen[row])
        chance: torch.Tensor = registers.generators[row].get_state()
        return chance

    def _reach(self, length: int) -> int:
        """How far attention must reach for a step of a row with ``length`` positions."""
        return min((length // REACH + 1) * REACH, self._last_place + 1)

    def _recorded(self, keys: list[_Key]) -> list[Callable[[], None]]:
        """The steps of ``keys``, recorded now where they were not; none if steps are not recorded."""
        if self._recordings is None:
            return []
        try:
            for key in keys:
                if key not in self._recordings:
                    # Rehearsals write where no phrase ever is.
                    self._registers.place.fill_(self._last_place)
                    self._recordings[key] = self._capture.record(partial(self._step, *key))
        except Exception as problem:
            log.exception("a step of the decoder could not be recorded as a CUDA graph")
            self.notice = (
                f"Chatterbox speaks more slowly than it could: the GPU refused to record its steps "
                f"({type(problem).__name__}). Close other programs that use the GPU, update its driver, "
                "and load the voice again."
            )
            self._drop()
            return []
        return [self._recordings[key] for key in keys]

    def _drop(self) -> None:
        self._recordings = None
        try:
            self._capture.release()
        except Exception:
            log.exception("the memory of CUDA graphs could not be freed")


def _share(some: dict[int, Row], others: dict[int, Row]) -> bool:
    """Whether a row has the same phrase in both."""
    return any(others.get(row) is phrase for row, phrase in some.items())
