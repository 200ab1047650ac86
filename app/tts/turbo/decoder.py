"""The decoder: from text and a voice to speech tokens, several phrases side by side.

A phrase being decoded has a row. What a row needs of the voice, the keys and values of the
conditioning that comes before every text, is computed once per voice and copied in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from app.engines import Tell
from app.tts.turbo.sampling import Sampler
from app.tts.turbo.voice import Voice

#: Voices whose conditioning is kept; each takes up to 74 MB.
MAX_PREFIXES = 8
#: Positions worked on between two looks at the stop, while text is read in.
_READ_AT_ONCE = 32


class Blocks(Protocol):
    """The transformer of the decoder, over a cache of its own."""

    def forward(self, first_row: int, inputs: torch.Tensor, past: list[int]) -> torch.Tensor: ...


class Cache(Protocol):
    rows: int
    positions: int

    def saved(self, row: int, length: int) -> torch.Tensor: ...

    def restore(self, row: int, saved: torch.Tensor) -> None: ...


@dataclass
class Row:
    """A phrase in the making."""

    sampler: Sampler
    length: int
    token: torch.Tensor


class TextTooLong(ValueError):
    """The text has more tokens than a row has room for."""


class Decoder:
    """Speech tokens by the weights of a stock ``T3``. For one thread."""

    #: Speech tokens of a phrase at most, as in stock; 25 make one second.
    max_tokens = 1001
    #: A sentence for the person about what it has to do without, or "".
    notice = ""

    def __init__(self, t3: Any, blocks: Blocks, cache: Cache) -> None:
        """``blocks`` do the heavy part; the embeddings are taken from ``t3``."""
        self.rows = cache.rows
        self.device: torch.device = t3.speech_emb.weight.device
        self.stop_token: int = t3.hp.stop_speech_token
        self._start_token: int = t3.hp.start_speech_token
        self._vocabulary: int = t3.hp.speech_tokens_dict_size
        self._condition = t3.cond_enc
        self._text = t3.text_emb
        self._speech = t3.speech_emb
        self._positions: torch.Tensor = t3.tfmr.wpe.weight
        self._blocks = blocks
        self._cache = cache
        self._prefixes: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._held: dict[int, str] = {}
        self._phrases: dict[int, Row] = {}

    def sampler(self, generator: torch.Generator) -> Sampler:
        """What chooses the tokens of one phrase, by the randomness of ``generator``."""
        return Sampler(self._vocabulary, self._start_token, generator)

    def begin(
        self, row: int, voice: Voice, text: torch.Tensor, sampler: Sampler, check: Callable[[], None]
    ) -> int:
        """Read ``text`` (token ids, shape (1, length)) into ``row`` and return the first speech
        token. ``check`` may raise to leave. Raises TextTooLong."""
        length = self._prepare(row, voice, check)
        if length + text.shape[1] + 1 + self.max_tokens > self._cache.positions:
            raise TextTooLong(f"The text has {text.shape[1]} tokens, more than can be spoken in one phrase.")
        inputs = self._opening(text)
        logits = self._read(row, inputs, length, check)
        token = sampler.draw(logits)
        self._phrases[row] = Row(sampler, length + inputs.shape[1], token)
        return int(token)

    def advance(self, rows: Sequence[int]) -> list[list[int]]:
        """The next speech tokens, one or a few, of each of ``rows``, neighbours in rising order. What
        comes behind a ``stop_token`` means nothing."""
        phrases = [self._phrases[row] for row in rows]
        past = [phrase.length for phrase in phrases]
        inputs = self._speech(torch.cat([phrase.token for phrase in phrases]))
        inputs = inputs + self._positions[past].unsqueeze(1)
        logits = self._blocks.forward(rows[0], inputs, past)
        for index, phrase in enumerate(phrases):
            phrase.token = phrase.sampler.draw(logits[index : index + 1])
            phrase.length += 1
        return [[int(phrase.token)] for phrase in phrases]

    def forced(self, voice: Voice, text: torch.Tensor, tokens: Sequence[int]) -> torch.Tensor:
        """Teacher forcing: the logits (length of ``tokens``, vocabulary) from which each of
        ``tokens`` would have been drawn after those before it. No row may be in use."""
        length = self._prepare(0, voice, lambda: None)
        logits = [self._read(0, self._opening(text), length, lambda: None)]
        length += text.shape[1] + 1
        for token in tokens[:-1]:
            inputs = self._speech(torch.tensor([[token]], device=self.device))
            logits.append(self._read(0, inputs, length, lambda: None))
            length += 1
        return torch.cat(logits)

    def prepare(self, voice: Voice, check: Callable[[], None] = lambda: None) -> None:
        """Have the conditioning of ``voice`` ready before it is asked for. No row may be in use."""
        self._prepare(0, voice, check)

    def warm_up(self, tell: Tell) -> None:
        """Do now what would make the first phrases late, and tell how far that is."""

    def release(self) -> bool:
        """Free memory that only makes decoding faster. False where there is none."""
        return False

    def _prepare(self, row: int, voice: Voice, check: Callable[[], None]) -> int:
        """Begin ``row`` with the conditioning of ``voice``; returns how many positions that takes."""
        length: int = 1 + voice.prompt.shape[1]
        if voice.key not in self._prefixes:
            self._held.pop(row, None)
            self._read(row, self._conditioning(voice), 0, check)
            self._prefixes[voice.key] = self._cache.saved(row, length)
            while len(self._prefixes) > MAX_PREFIXES:
                self._prefixes.popitem(last=False)
        elif self._held.get(row) != voice.key:
            self._cache.restore(row, self._prefixes[voice.key])
        self._prefixes.move_to_end(voice.key)
        self._held[row] = voice.key
        return length

    def _opening(self, text: torch.Tensor) -> torch.Tensor:
        """Embeddings of ``text`` and of where its speech starts, shape (1, length + 1, width)."""
        start = torch.full_like(text[:, :1], self._start_token)
        return torch.cat([self._text(text), self._speech(start)], dim=1)

    def _conditioning(self, voice: Voice) -> torch.Tensor:
        """Embeddings of what comes before the text, shape (1, 1 + prompt, width)."""
        speaker = self._condition.spkr_enc(voice.speaker.view(1, -1))[:, None]
        return torch.cat([speaker, self._speech(voice.prompt)], dim=1)

    def _read(self, row: int, inputs: torch.Tensor, length: int, check: Callable[[], None]) -> torch.Tensor:
        """Put ``inputs`` behind the first ``length`` positions of ``row``; the last one's logits."""
        for part in inputs.split(_READ_AT_ONCE, dim=1):
            check()
            places = self._positions[length : length + part.shape[1]]
            logits = self._blocks.forward(row, part + places, [length])
            length += part.shape[1]
        return logits
