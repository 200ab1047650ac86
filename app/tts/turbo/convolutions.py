"""Convolutions over rows, shape (1, rows, channels): the layout in which torch's are fastest, and
in which linear layers and norms need no transposing between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.linears import Int8Linear, Linear, MakeLinear, Rows


class Convolution:
    """A stock ``Conv1d``, its weight norm worked out for good."""

    def __init__(
        self, stock: Any, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None
    ) -> None:
        """``weight``, shape (out, in, width), and ``bias``, (out,), take the place of stock's own."""
        self._weight = _as_image((stock.weight if weight is None else weight).detach())
        self._bias = (stock.bias if bias is None else bias).detach()
        self._stride = (1, stock.stride[0])
        self._padding = (0, stock.padding[0])
        self._dilation = (1, stock.dilation[0])
        #: Rows before and behind each that it sees, if it is padded as much at both ends.
        self.reach: int = stock.padding[0]

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        image = F.conv2d(_image(rows), self._weight, self._bias, self._stride, self._padding, self._dilation)
        return _rows(image)


class BFloat16Convolution(Convolution):
    """The same with products in bfloat16, sums and rows in float32."""

    def __init__(
        self, stock: Any, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None
    ) -> None:
        super().__init__(stock, weight, bias)
        self._weight, self._bias = self._weight.bfloat16(), self._bias.bfloat16()

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        return super().__call__(rows.bfloat16()).float()


#: Makes a convolution from a stock one, with another weight and bias or its own.
MakeConvolution: TypeAlias = Callable[..., Convolution]


class CausalConvolution(Convolution):
    """A stock ``Conv1d`` that sees each row and those before it."""

    def __init__(self, stock: Any) -> None:
        super().__init__(stock)
        self._padding = (0, stock.kernel_size[0] - 1)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        # Padded at both ends, for that takes no copy; what the end's padding adds is dropped.
        return super().__call__(rows)[:, : rows.shape[1]]


class CausalInt8Convolution:
    """The same as one eight-bit linear layer over each row and those before it."""

    def __init__(self, stock: Any) -> None:
        out, channels, self._width = stock.weight.shape
        weight = stock.weight.detach().transpose(1, 2).reshape(out, self._width * channels)
        self._linear = Int8Linear(weight, stock.bias)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        _, count, channels = rows.shape
        padded = F.pad(rows, (0, 0, self._width - 1, 0))
        # Consecutive rows lie one after the other, so that overlapping views are the joined ones.
        joined = padded.as_strided((1, count, self._width * channels), (0, channels, 1))
        return self._linear(joined)


class TransposedConvolution:
    """A stock ``ConvTranspose1d``, its weight norm worked out for good."""

    def __init__(self, stock: Any) -> None:
        self._weight = _as_image(stock.weight.detach())
        self._bias = stock.bias.detach()
        self._stride = (1, stock.stride[0])
        self._padding = (0, stock.padding[0])

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        return _rows(F.conv_transpose2d(_image(rows), self._weight, self._bias, self._stride, self._padding))


def causal(stock: Any, make: MakeLinear) -> Rows:
    """The stock causal ``Conv1d`` in the precision of the linear layers that ``make`` makes."""
    return CausalConvolution(stock) if make is Linear else CausalInt8Convolution(stock)


def _image(rows: torch.Tensor) -> torch.Tensor:
    """Rows as an image one pixel high, shape (1, channels, 1, rows); a view, channels last."""
    image = rows.transpose(1, 2).unsqueeze(2)
    return image.contiguous(memory_format=_layout(image))


def _rows(image: torch.Tensor) -> torch.Tensor:
    return image.squeeze(2).transpose(1, 2)


def _as_image(weight: torch.Tensor) -> torch.Tensor:
    return weight.unsqueeze(2).contiguous(memory_format=_layout(weight))


def _layout(tensor: torch.Tensor) -> torch.memory_format:
    """Channels last, except where torch has given wrong results for it (pytorch issue 180984)."""
    return torch.contiguous_format if tensor.device.type == "mps" else torch.channels_last
