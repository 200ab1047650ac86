"""A step of the decoder, sampling included, over tensors that stay where they are.

Nothing in it waits for the device or depends on values that only the device knows, so a CUDA graph
can record it. Every length is a value in a tensor; what differs between recordings is how far
attention reaches, rounded up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import gelu, scaled_dot_product_attention

from app.tts.turbo.cache import KeyValueCache
from app.tts.turbo.sampling import SamplingRules, drawn, processed


class Registers:
    """What a step of each row starts from and leaves behind."""

    def __init__(
        self, generators: Sequence[torch.Generator], vocabulary: int, kept: int, device: torch.device
    ) -> None:
        """``generators`` are where each row's chance comes from; ``kept`` is how many of the latest
        tokens are remembered."""
        self.generators = generators
        rows = len(generators)
        #: The latest token, shape (rows, 1).
        self.token = torch.zeros(rows, 1, dtype=torch.long, device=device)
        #: How many positions there are before it, shape (rows, 1): the place of its key and value.
        self.place = torch.zeros(rows, 1, dtype=torch.long, device=device)
        #: The tokens to be penalised, shape (rows, vocabulary).
        self.seen = torch.zeros(rows, vocabulary, dtype=torch.bool, device=device)
        #: The tokens drawn last, the latest at the end, shape (rows, kept).
        self.recent = torch.zeros(rows, kept, dtype=torch.long, device=device)


class StaticStep:
    """The next token of some rows, by the weights of a stock ``T3`` at the precision they have."""

    def __init__(self, t3: Any, cache: KeyValueCache, registers: Registers) -> None:
        self._speech = t3.speech_emb
        self._places = t3.tfmr.wpe
        self._blocks = list(t3.tfmr.h)
        self._norm = t3.tfmr.ln_f
        self._head = t3.speech_head
        self._cache = cache
        self._registers = registers
        self._rules = SamplingRules()
        self._positions = torch.arange(cache.positions, device=cache.tensor.device)
        # Attention also touches what lies behind a row's end, with weight 0: it must be numbers.
        cache.tensor.zero_()

    def __call__(self, first: int, count: int, reach: int) -> None:
        """Draw a token for each of ``count`` rows from ``first`` on; none may be ``reach`` long yet."""
        rows = slice(first, first + count)
        registers = self._registers
        token, place = registers.token[rows], registers.place[rows]
        seen, recent = registers.seen[rows], registers.recent[rows]
        chosen = processed(self._logits(rows, token, place, reach), seen, self._rules)
        each = zip(chosen.split(1), registers.generators[rows], strict=True)
        new = torch.cat([drawn(logits, generator) for logits, generator in each])
        seen.scatter_(1, new, True)
        recent.copy_(torch.cat([recent[:, 1:], new], dim=1))
        token.copy_(new)
        # A phrase that is over may run on for a few steps; they stay inside the cache.
        place.add_(1).clamp_(max=self._cache.positions - 1)

    def _logits(self, rows: slice, token: torch.Tensor, place: torch.Tensor, reach: int) -> torch.Tensor:
        """Float32 logits (rows, vocabulary) of what comes behind ``token``."""
        hidden = (self._speech(token) + self._places(place)).to(self._head.weight.dtype)
        mask = torch.zeros(len(place), reach, dtype=hidden.dtype, device=hidden.device)
        mask = mask.masked_fill_(self._positions[:reach] > place, -torch.inf)[:, None, None]
        for index, block in enumerate(self._blocks):
            layer = self._cache.tensor[index][:, rows]
            hidden = hidden + self._attention(block, layer, hidden, place, mask)
            # Stock's "gelu_new" in one kernel instead of eight.
            active = gelu(block.mlp.c_fc(block.ln_2(hidden)), approximate="tanh")
            hidden = hidden + block.mlp.c_proj(active)
        logits: torch.Tensor = self._head(self._norm(hidden))
        return logits[:, -1].float()

    def _attention(
        self, block: Any, layer: torch.Tensor, hidden: torch.Tensor, place: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """``layer`` is what the cache holds for the block and these rows."""
        shape, count = self._cache.shape, len(hidden)
        parts = block.attn.c_attn(block.ln_1(hidden)).view(count, 1, 3, shape.heads, shape.head_width)
        # (3, rows, heads, 1, width of a head)
        parts = parts.permute(2, 0, 3, 1, 4)
        layer.scatter_(3, place.view(1, count, 1, 1, 1).expand_as(parts[1:]), parts[1:])
        keys, values = layer[:, :, :, : mask.shape[-1]]
        heard = scaled_dot_product_attention(parts[0], keys, values, attn_mask=mask)
        projected: torch.Tensor = block.attn.c_proj(heard.reshape(count, 1, shape.width))
        return projected
