"""Choosing speech tokens: stock Chatterbox's order of steps, without its host round trips.

The order is temperature, top-k, top-p, repetition penalty last; the draw is the one that
``torch.multinomial`` makes, so that the same seed chooses the same tokens as stock.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class SamplingRules:
    """The defaults of stock's ``generate``."""

    temperature: float = 0.8
    top_k: int = 1000
    top_p: float = 0.95
    repetition_penalty: float = 1.2


def processed(logits: torch.Tensor, seen: torch.Tensor, rules: SamplingRules) -> torch.Tensor:
    """``logits`` (rows, vocabulary) as they are drawn from; ``seen`` (rows, vocabulary), bool, marks
    the tokens to be penalised. Tokens that are out of the question become -inf."""
    logits = logits / rules.temperature
    likeliest, places = torch.topk(logits, min(rules.top_k, logits.shape[-1]))
    # From the least likely on, as stock adds them up: what makes up the last 1 - top_p goes.
    likeliest, places = likeliest.flip(-1), places.flip(-1)
    is_tail = likeliest.softmax(-1).cumsum(-1) <= 1.0 - rules.top_p
    is_tail[..., -1].fill_(False)
    kept = torch.full_like(logits, -torch.inf)
    kept.scatter_(-1, places, likeliest.masked_fill(is_tail, -torch.inf))
    penalised = torch.where(kept < 0, kept * rules.repetition_penalty, kept / rules.repetition_penalty)
    return torch.where(seen, penalised, kept)


def drawn(logits: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """One token for each row of processed ``logits``, shape (rows, 1): what ``torch.multinomial``
    draws, but nothing on the host waits for it."""
    probabilities = logits.softmax(-1)
    waiting_times = torch.empty_like(probabilities).exponential_(generator=generator)
    return (probabilities / waiting_times).argmax(-1, keepdim=True)


class Sampler:
    """Draws the tokens of one phrase and remembers which it drew."""

    def __init__(
        self,
        vocabulary: int,
        start_token: int,
        generator: torch.Generator,
        rules: SamplingRules | None = None,
    ) -> None:
        self._rules = rules or SamplingRules()
        self.generator = generator
        #: The tokens to be penalised, shape (1, vocabulary), bool.
        self.seen = torch.zeros(1, vocabulary, dtype=torch.bool, device=generator.device)
        # Stock penalises the start token at the first draw, and only there.
        self._start_token = start_token
        self.seen[0, start_token] = True
        self._is_first = True

    def draw(self, logits: torch.Tensor) -> torch.Tensor:
        """The next token, shape (1, 1), from ``logits`` of shape (1, vocabulary)."""
        token = drawn(processed(logits, self.seen, self._rules), self.generator)
        if self._is_first:
            self.seen[0, self._start_token] = False
            self._is_first = False
        self.seen.scatter_(1, token, True)
        return token
