"""S3Gen's encoder, a conformer without convolutions, which doubles the rate of the speech tokens.

The mathematics of ``chatterbox.models.s3gen.transformer.upsample_encoder`` for a single input whose
masks would be all ones.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.convolutions import CausalConvolution, Convolution
from app.tts.turbo.linears import MakeLinear, like, side_by_side
from app.tts.turbo.work import Work

#: Queries that attend at once on a CPU: the products with their relative positions stay in its cache.
QUERIES = 128
#: Positions are projected for lengths of so many rows and multiples.
POSITIONS = 256


class Encoder:
    """Embedded speech tokens (1, tokens, 512) to (1, 2 x tokens, 512)."""

    def __init__(self, stock: Any, make: MakeLinear) -> None:
        device = stock.after_norm.weight.device
        positions = stock.embed.pos_enc.pe[0].to(device)
        self._embed = _Embed(stock.embed)
        self._look_ahead = _LookAhead(stock.pre_lookahead_layer)
        self._layers = [_Layer(layer, positions, make) for layer in stock.encoders]
        self._up = CausalConvolution(stock.up_layer.conv)
        self._up_embed = _Embed(stock.up_embed)
        self._up_layers = [_Layer(layer, positions, make) for layer in stock.up_encoders]
        self._norm = stock.after_norm

    def work(self, tokens: int) -> int:
        """The size of the work on so many tokens."""
        return (len(self._layers) + 2 * len(self._up_layers)) * tokens

    def __call__(self, tokens: torch.Tensor, work: Work) -> torch.Tensor:
        x = self._look_ahead(self._embed(tokens))
        for layer in self._layers:
            x = layer(x, work)
        x = self._up_embed(self._up(x.repeat_interleave(2, dim=1)))
        for layer in self._up_layers:
            x = layer(x, work)
        normed: torch.Tensor = self._norm(x)
        return normed


class _Embed:
    """A linear layer, a norm and the transformer's usual scale."""

    def __init__(self, stock: Any) -> None:
        self._linear, self._norm = stock.out[0], stock.out[1]
        self._scale = stock.pos_enc.xscale

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        embedded: torch.Tensor = self._norm(self._linear(x))
        return embedded.mul_(self._scale)


class _LookAhead:
    """Adds to each row something of the three that follow it."""

    def __init__(self, stock: Any) -> None:
        self._ahead = stock.pre_lookahead_len
        self._first = Convolution(stock.conv1)
        self._second = CausalConvolution(stock.conv2)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        ahead = self._first(F.pad(x, (0, 0, 0, self._ahead)))
        return x + self._second(F.leaky_relu_(ahead))


class _Layer:
    """Attention with relative positions, then two linear layers; each adds to its input."""

    def __init__(self, stock: Any, positions: torch.Tensor, make: MakeLinear) -> None:
        self._attention_norm, self._linear_norm = stock.norm_mha, stock.norm_ff
        self._attention = _RelativeAttention(stock.self_attn, positions, make)
        self._widen = like(stock.feed_forward.w_1, make)
        self._narrow = like(stock.feed_forward.w_2, make)

    def __call__(self, x: torch.Tensor, work: Work) -> torch.Tensor:
        work(x.shape[1])
        x = x + self._attention(self._attention_norm(x))
        work(0)
        wide = self._widen(self._linear_norm(x))
        return x + self._narrow(F.silu(wide, inplace=True))


class _RelativeAttention:
    """Attention in which scores have a second part, for how far apart query and key are:

    ``(query + u) . key + (query + v) . position``, as in https://arxiv.org/abs/1901.02860.
    """

    def __init__(self, stock: Any, positions: torch.Tensor, make: MakeLinear) -> None:
        self._heads, self._width = stock.h, stock.d_k
        self._project = side_by_side([stock.linear_q, stock.linear_k, stock.linear_v], make)
        self._out = like(stock.linear_out, make)
        self._u = stock.pos_bias_u.detach()[:, None]
        self._v = stock.pos_bias_v.detach()[:, None]
        self._positions = _Positions(stock.linear_pos.weight.detach(), positions, self._heads)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        length = x.shape[1]
        parts = self._project(x).view(1, length, 3, self._heads, self._width)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (1, heads, length, width)
        by_content = query + self._u
        by_position = (query[0] + self._v).mul_(self._width**-0.5)
        positions = self._positions(length)
        at_once = QUERIES if x.device.type == "cpu" else length
        heard = [
            F.scaled_dot_product_attention(
                by_content[:, :, start : start + at_once],
                key,
                value,
                attn_mask=self._scores(by_position[:, start : start + at_once], start, positions),
            )
            for start in range(0, length, at_once)
        ]
        return self._out(torch.cat(heard, dim=2).transpose(1, 2).reshape(1, length, -1))

    def _scores(self, queries: torch.Tensor, start: int, positions: torch.Tensor) -> torch.Tensor:
        """The positions' part of the scores, shape (1, heads, queries, length).

        ``queries``, shape (heads, queries, width), are those from ``start`` on. ``positions``, shape
        (heads, 2 x length - 1, width), begin with that of a key length - 1 rows before its query.
        """
        heads, count, _ = queries.shape
        length = positions.shape[1] // 2 + 1
        # The last query's first position comes first, the first query's last position last.
        products = queries @ positions[:, length - start - count : 2 * length - 1 - start].transpose(1, 2)
        columns = products.shape[2]
        # Each query's scores begin one position before those of the query above it.
        scores = products.as_strided(
            (1, heads, count, length), (0, count * columns, columns - 1, 1), count - 1
        )
        return scores if scores.device.type == "cpu" else scores.contiguous()  # GPUs want them aligned


class _Positions:
    """Relative positions as one layer's attention sees them. They depend on nothing but the weights,
    so those of the longest input so far are kept."""

    def __init__(self, weight: torch.Tensor, positions: torch.Tensor, heads: int) -> None:
        """``positions``, shape (2 x longest - 1, 512), begin with the one furthest before."""
        self._weight = weight
        self._positions = positions
        self._heads = heads
        self._projected = self._project(POSITIONS)

    def __call__(self, length: int) -> torch.Tensor:
        """The positions from length - 1 rows before to as many after: (heads, 2 x length - 1, 64)."""
        projected = self._projected
        if projected.shape[1] < 2 * length - 1:
            projected = self._projected = self._project(-(-length // POSITIONS) * POSITIONS)
        return _middle(projected, length)

    def _project(self, length: int) -> torch.Tensor:
        positions = _middle(self._positions[None], length)[0]
        by_head = F.linear(positions, self._weight).unflatten(1, (self._heads, -1))
        return by_head.transpose(0, 1).contiguous()


def _middle(positions: torch.Tensor, length: int) -> torch.Tensor:
    centre = positions.shape[1] // 2
    return positions[:, centre - length + 1 : centre + length]
