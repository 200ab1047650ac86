"""The decoder's transformer as stock has it: GPT-2's blocks, called one by one over our own cache.

The plain path: exact in fp32, and it runs wherever torch runs.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from app.tts.turbo.cache import KeyValueCache


class TorchBlocks:
    """The blocks of a stock ``T3``, at the precision its weights have."""

    def __init__(self, t3: Any, cache: KeyValueCache) -> None:
        self._blocks = list(t3.tfmr.h)
        self._norm = t3.tfmr.ln_f
        self._head = t3.speech_head
        self._cache = cache

    def forward(self, first_row: int, inputs: torch.Tensor, past: list[int]) -> torch.Tensor:
        """Logits (rows, vocabulary), float32, of the last of the new positions.

        ``inputs`` are the embeddings of new positions, shape (rows, new, width), for the rows from
        ``first_row`` on; ``past`` says how many positions each of them has already. Several new
        positions at once are for a single row.
        """
        hidden = inputs.to(self._head.weight.dtype)
        mask = self._mask(past[0], hidden.shape[1], hidden.device) if hidden.shape[1] > 1 else None
        for index, block in enumerate(self._blocks):
            hidden = hidden + self._attention(index, block, first_row, hidden, past, mask)
            hidden = hidden + block.mlp(block.ln_2(hidden))
        logits: torch.Tensor = self._head(self._norm(hidden[:, -1:]))
        return logits[:, -1].float()

    def _attention(
        self,
        index: int,
        block: Any,
        first_row: int,
        hidden: torch.Tensor,
        past: list[int],
        mask: torch.Tensor | None,
    ) -> torch.Tensor:
        rows, new, width = hidden.shape
        shape = self._cache.shape
        parts = block.attn.c_attn(block.ln_1(hidden))
        # (3, rows, heads, new, width of a head)
        query, key, value = parts.view(rows, new, 3, shape.heads, shape.head_width).permute(2, 0, 3, 1, 4)
        heard = []
        for row, length in enumerate(past):
            keys, values = self._cache.tensor[index, :, first_row + row]
            keys[:, length : length + new] = key[row]
            values[:, length : length + new] = value[row]
            heard.append(
                scaled_dot_product_attention(
                    query[row : row + 1],
                    keys[None, :, : length + new],
                    values[None, :, : length + new],
                    attn_mask=mask,
                )
            )
        joined = torch.cat(heard).transpose(1, 2).reshape(rows, new, width)
        projected: torch.Tensor = block.attn.c_proj(joined)
        return projected

    @staticmethod
    def _mask(past: int, new: int, device: torch.device) -> torch.Tensor:
        """Which positions each new one may see: those before it and itself."""
        positions = torch.arange(past + new, device=device)
        return positions <= positions[past:, None]
