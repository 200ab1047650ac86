"""Attention of all rows to all rows: exactly, or with products in bfloat16."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812

#: Queries, keys and values, each (1, heads, rows, width), to what is heard: (1, rows, heads x width).
Attend: TypeAlias = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]

#: Queries that attend at once: their scores stay in a processor's cache.
QUERIES = 256


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """As stock does."""
    return _by_row(F.scaled_dot_product_attention(query, key, value))


def attend_in_bfloat16(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The same with scores and weights in bfloat16, for a processor that multiplies it. Torch's own
    attention is no faster in bfloat16 than in float32 there."""
    queries, keys, values = (
        part[0].to(torch.bfloat16, memory_format=torch.contiguous_format)
        for part in (query * query.shape[3] ** -0.5, key, value)
    )
    heard = [(some @ keys.transpose(1, 2)).softmax(-1) @ values for some in queries.split(QUERIES, dim=1)]
    return _by_row(torch.cat(heard, dim=1)[None]).float()


def _by_row(heard: torch.Tensor) -> torch.Tensor:
    return heard.transpose(1, 2).flatten(2)
