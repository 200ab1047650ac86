"""Linear layers of S3Gen, in the precision of their weights or in eight bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.processor import SATURATES

#: What is applied to rows, shape (1, rows, features), and gives rows.
Rows: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
#: Makes a layer from a weight, shape (out, in), and a bias, shape (out,) or None.
MakeLinear: TypeAlias = Callable[[torch.Tensor, "torch.Tensor | None"], Rows]


class Linear:
    """A linear layer as stock has it; the weights are shared, not copied."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self._weight = weight.detach()
        self._bias = None if bias is None else bias.detach()

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        return F.linear(rows, self._weight, self._bias)


class Int8Linear:
    """A linear layer in eight bits, on the CPU: each output's weights have a scale of their own,
    the rows get a common one at each call. Gives float32."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        weight = weight.detach().float()
        scales = (weight.abs().amax(dim=1) / 127).clamp_min(1e-12).double()
        zeros = torch.zeros_like(scales, dtype=torch.int64)
        quantized = torch.quantize_per_channel(weight, scales, zeros, axis=0, dtype=torch.qint8)
        bias = None if bias is None else bias.detach().float()
        self._packed = torch.ops.quantized.linear_prepack(quantized, bias)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = torch.ops.quantized.linear_dynamic(rows, self._packed, SATURATES)
        return result


def like(stock: Any, make: MakeLinear) -> Rows:
    """The stock ``torch.nn.Linear``, or convolution over single rows, as ``make`` makes it."""
    weight = stock.weight
    return make(weight.squeeze(2) if weight.ndim == 3 else weight, stock.bias)


def side_by_side(stock: Sequence[Any], make: MakeLinear) -> Rows:
    """Stock linear layers of the same input as one, whose output is theirs one after the other."""
    biases = [layer.bias for layer in stock]
    weight = torch.cat([layer.weight.detach() for layer in stock])
    bias = None if biases[0] is None else torch.cat([bias.detach() for bias in biases])
    return make(weight, bias)
