"""The decoder's memory: keys and values of every position, allocated once for all rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Shape:
    """The sizes of a GPT-2."""

    layers: int
    heads: int
    width: int

    @property
    def head_width(self) -> int:
        return self.width // self.heads


class KeyValueCache:
    """Keys and values, shape (layers, 2, rows, heads, positions, width of a head).

    Only pages that were written to take up memory, on a CPU.
    """

    def __init__(
        self, shape: Shape, rows: int, positions: int, *, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.shape = shape
        self.rows = rows
        self.positions = positions
        size = (shape.layers, 2, rows, shape.heads, positions, shape.head_width)
        self.tensor = torch.empty(size, dtype=dtype, device=device)

    def saved(self, row: int, length: int) -> torch.Tensor:
        """A copy of the first ``length`` positions of ``row``."""
        return self.tensor[:, :, row, :, :length].clone()

    def restore(self, row: int, saved: torch.Tensor) -> None:
        """Begin ``row`` with what ``saved`` returned."""
        self.tensor[:, :, row, :, : saved.shape[3]].copy_(saved)
