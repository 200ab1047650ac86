"""S3Gen's vocoder: a mel spectrogram to samples.

The mathematics of ``HiFTGenerator`` in ``chatterbox.models.s3gen.hifigan``, https://arxiv.org/abs/2309.09493,
for a single input. Everything between spectrogram and samples is rows, shape (1, rows, channels).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.arithmetic import EXACT, Arithmetic
from app.tts.turbo.convolutions import Convolution, MakeConvolution, TransposedConvolution
from app.tts.turbo.noise import Noise
from app.tts.turbo.portions import in_portions
from app.tts.turbo.source import Pitch, Source
from app.tts.turbo.spectra import InverseSpectra, Spectra
from app.tts.turbo.work import Work

#: What a frame costs in a convolution, in frames that pass a transformer block: about, as measured.
COST = 2


class Vocoder:
    """Mel frames (1, frames, 80) to samples at 24 kHz, (frames x 480,)."""

    def __init__(self, stock: Any, arithmetic: Arithmetic = EXACT) -> None:
        size, hop = stock.istft_params["n_fft"], stock.istft_params["hop_len"]
        window = stock.stft_window.to(stock.conv_post.bias.device)
        self._pitch = Pitch(stock.f0_predictor)
        self._source = Source(stock.m_source, int(stock.f0_upsamp.scale_factor))
        self._spectra = Spectra(window, size, hop)
        self._samples = InverseSpectra(window, size, hop)
        self._loudest = stock.audio_limit

        kernels, last = stock.num_kernels, stock.num_upsamples - 1
        self._first = Convolution(stock.conv_pre)
        self._stages = [
            _Stage(
                up,
                stock.source_downs[index],
                stock.source_resblocks[index],
                stock.resblocks[index * kernels : (index + 1) * kernels],
                EXACT.convolution if index == last else arithmetic.convolution,
                slope=stock.lrelu_slope,
                reflect=index == last,
            )
            for index, up in enumerate(stock.ups)
        ]
        self._last = Convolution(stock.conv_post)

    def work(self, frames: int) -> int:
        """The size of the work on so many frames."""
        return COST * frames * sum(stage.convolutions for stage in self._stages)

    def __call__(self, mels: torch.Tensor, noise: Noise, work: Work) -> torch.Tensor:
        size = COST * mels.shape[1]
        pitch = self._pitch(mels, work)
        work(0)
        source = self._spectra(self._source(pitch, noise))
        work(0)
        x = self._first(mels)
        for stage in self._stages:
            x = stage(x, source, work, size)
        work(0)
        x = self._last(F.leaky_relu_(x))
        work(0)
        return self._samples(x).clamp_(-self._loudest, self._loudest)


class _Stage:
    """More rows of fewer channels, the source added, and the mean of three residual blocks."""

    def __init__(
        self,
        up: Any,
        source_down: Any,
        source_block: Any,
        blocks: Any,
        make: MakeConvolution,
        *,
        slope: float,
        reflect: bool,
    ) -> None:
        self._slope = slope
        self._reflect = reflect
        self._up = TransposedConvolution(up)
        self._source_down = Convolution(source_down, _interleaved(source_down.weight))
        self._source_block = _Residual(source_block, make)
        self._blocks = [_Residual(block, make) for block in blocks]
        self.convolutions = sum(block.convolutions for block in [self._source_block, *self._blocks])

    def __call__(self, x: torch.Tensor, source: torch.Tensor, work: Work, size: int) -> torch.Tensor:
        work(0)
        x = self._up(F.leaky_relu_(x, self._slope))
        work(0)
        source_block = self._source_block
        added = in_portions(
            lambda rows, share: source_block(rows, work, share * size),
            self._source_down(source),
            source_block.reach,
        )
        if self._reflect:  # one row more, in front: the second once again
            added[:, 0] += x[:, 1]
            added[:, 1:] += x
        else:
            added += x
        reach = max(block.reach for block in self._blocks)
        return in_portions(lambda rows, share: self._mean(rows, work, share * size), added, reach)

    def _mean(self, x: torch.Tensor, work: Work, size: float) -> torch.Tensor:
        """Of the residual blocks."""
        total = self._blocks[0](x, work, size)
        for block in self._blocks[1:]:
            total += block(x, work, size)
        return total.div_(len(self._blocks))


class _Residual:
    """Three times: bend, convolve, bend, convolve, add to what it was.

    The bend is Snake's, ``x + sin(a x)^2 / a`` with an ``a`` for each channel. A convolution after
    it takes over the division, one before it the multiplication.
    """

    def __init__(self, stock: Any, make: MakeConvolution) -> None:
        self._steps = [
            _ResidualStep(*parts, make)
            for parts in zip(stock.activations1, stock.convs1, stock.activations2, stock.convs2, strict=True)
        ]
        self.convolutions = 2 * len(self._steps)
        #: Rows before and behind each that it sees.
        self.reach = sum(step.reach for step in self._steps)

    def __call__(self, x: torch.Tensor, work: Work, size: float) -> torch.Tensor:
        for step in self._steps:
            x = step(x, work, size)
        return x


class _ResidualStep:
    def __init__(
        self, first_snake: Any, first: Any, second_snake: Any, second: Any, make: MakeConvolution
    ) -> None:
        self._scale, scale = _scale(first_snake), _scale(second_snake)
        self._first = make(
            first, first.weight * scale[:, None, None] / self._scale[:, None], first.bias * scale
        )
        self._second = make(second, second.weight / scale[:, None])
        self.reach = self._first.reach + self._second.reach

    def __call__(self, x: torch.Tensor, work: Work, size: float) -> torch.Tensor:
        work(size)
        convolved = self._first(_bent(x * self._scale))
        work(size)
        return self._second(_bent(convolved)).add_(x)


def _bent(x: torch.Tensor) -> torch.Tensor:
    """x + sin(x)^2, in the place of x."""
    sine = x.sin()
    return x.addcmul_(sine, sine)


def _scale(snake: Any) -> torch.Tensor:
    """Snake's a. One next to nothing bends nothing, but could not be divided by."""
    scale: torch.Tensor = snake.alpha.detach()
    return torch.where(scale.abs() < 1e-6, 1e-6, scale)


def _interleaved(weight: torch.Tensor) -> torch.Tensor:
    """Input channels that were all real parts, then all imaginary ones, as ``Spectra`` has them."""
    out, channels, width = weight.shape
    return weight.view(out, 2, channels // 2, width).transpose(1, 2).reshape(out, channels, width)
