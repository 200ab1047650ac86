"""S3Gen's flow: speech tokens to a mel spectrogram, two steps from noise.

The mathematics of ``chatterbox.models.s3gen.flow`` and ``.decoder`` for a single input whose masks
would be all ones. Spectrograms are rows here, shape (1, frames, 80).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.arithmetic import Arithmetic
from app.tts.turbo.convolutions import causal
from app.tts.turbo.encoder import Encoder
from app.tts.turbo.linears import Linear, MakeLinear, like, side_by_side
from app.tts.turbo.noise import Noise
from app.tts.turbo.voice import Voice
from app.tts.turbo.work import Work

#: Steps from noise (time 0) to speech (time 1), of equal length.
STEPS = 2
#: Frames for each speech token.
FRAMES = 2


class Flow:
    """Speech tokens of somebody's voice to the mel spectrogram of what they say."""

    def __init__(self, stock: Any, arithmetic: Arithmetic) -> None:
        self._embedding = stock.input_embedding.weight.detach()
        self._encoder = Encoder(stock.encoder, arithmetic.linear)
        self._mels = stock.encoder_proj
        self._speaker = stock.spk_embed_affine_layer
        self._velocity = _Velocity(stock.decoder.estimator, arithmetic)

    def work(self, tokens: int, reference_tokens: int) -> int:
        """The size of the work on so many tokens, after those of the voice's reference."""
        total = tokens + reference_tokens
        return self._encoder.work(total) + STEPS * self._velocity.work(FRAMES * total)

    def __call__(self, tokens: torch.Tensor, voice: Voice, noise: Noise, work: Work) -> torch.Tensor:
        """The new frames, (1, 2 x tokens, 80). ``tokens`` has the shape (1, tokens)."""
        device = self._embedding.device
        new = noise.normal(1, 80, FRAMES * tokens.shape[1]).transpose(1, 2)
        all_tokens = torch.cat([voice.reference_tokens.to(tokens), tokens], dim=1)
        target = self._mels(self._encoder(F.embedding(all_tokens, self._embedding), work))
        frames = target.shape[1]
        # Stock draws noise for all frames, and then has those of the new ones drawn above.
        x = noise.normal(1, 80, frames).transpose(1, 2)
        x[:, frames - new.shape[1] :] = new

        known = voice.reference_mel.to(device)
        speaker = self._speaker(F.normalize(voice.embedding.to(device), dim=1))
        conditions = torch.cat(
            [target, speaker.expand(1, frames, -1), F.pad(known, (0, 0, 0, frames - known.shape[1]))], dim=2
        )
        for step in range(STEPS):
            velocity = self._velocity(torch.cat([x, conditions], dim=2), step, work)
            x = x + velocity.mul_(1 / STEPS)
        return x[:, known.shape[1] :]


class _Velocity:
    """Where the frames go in a step: the stock ``ConditionalDecoder``."""

    def __init__(self, stock: Any, arithmetic: Arithmetic) -> None:
        times = _times(stock)
        make = arithmetic.linear
        (down,), (up,) = stock.down_blocks, stock.up_blocks
        self._down = _Stage(down[0], down[1], times, arithmetic)
        self._after_down = causal(down[2], make)
        self._middle = [_Stage(resnet, blocks, times, arithmetic) for resnet, blocks in stock.mid_blocks]
        self._up = _Stage(up[0], up[1], times, arithmetic)
        self._after_up = causal(up[2], make)
        self._last = _Convolved(stock.final_block, make)
        self._mels = like(stock.final_proj, Linear)

    def work(self, frames: int) -> int:
        stages = [self._down, *self._middle, self._up]
        return frames * sum(len(stage.blocks) for stage in stages)

    def __call__(self, x: torch.Tensor, step: int, work: Work) -> torch.Tensor:
        """(1, frames, 320), noisy mels and conditions, to (1, frames, 80)."""
        aside = self._down(x, step, work)
        x = self._after_down(aside)
        for stage in self._middle:
            x = stage(x, step, work)
        x = self._up(torch.cat([x, aside], dim=2), step, work)
        return self._mels(self._last(self._after_up(x)))


class _Stage:
    """Convolutions, told the time, then transformer blocks."""

    def __init__(self, resnet: Any, blocks: Any, times: torch.Tensor, arithmetic: Arithmetic) -> None:
        make = arithmetic.linear
        self._first = _Convolved(resnet.block1, make)
        self._second = _Convolved(resnet.block2, make)
        self._past = like(resnet.res_conv, make)
        with torch.no_grad():
            self._times = resnet.mlp(times)  # (steps, channels)
        self.blocks = [_Block(block, arithmetic) for block in blocks]

    def __call__(self, x: torch.Tensor, step: int, work: Work) -> torch.Tensor:
        convolved = self._second(self._first(x).add_(self._times[step]))
        x = self._past(x).add_(convolved)
        for block in self.blocks:
            work(x.shape[1])
            x = block(x)
        return x


class _Convolved:
    """A causal convolution, a norm and a bend."""

    def __init__(self, stock: Any, make: MakeLinear) -> None:
        self._convolve = causal(stock.block[0], make)
        self._norm = stock.block[2]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.mish(self._norm(self._convolve(x)), inplace=True)


class _Block:
    """Attention, then two linear layers; each adds to its input."""

    def __init__(self, stock: Any, arithmetic: Arithmetic) -> None:
        attention, make = stock.attn1, arithmetic.linear
        self._attend = arithmetic.attend
        self._heads = attention.heads
        self._attention_norm, self._linear_norm = stock.norm1, stock.norm3
        self._project = side_by_side([attention.to_q, attention.to_k, attention.to_v], make)
        self._out = like(attention.to_out[0], make)
        self._widen = like(stock.ff.net[0].proj, make)
        self._narrow = like(stock.ff.net[2], make)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        x = self._heard(self._attention_norm(x)).add_(x)
        wide = self._widen(self._linear_norm(x))
        return self._narrow(F.gelu(wide)).add_(x)

    def _heard(self, x: torch.Tensor) -> torch.Tensor:
        frames = x.shape[1]
        parts = self._project(x).view(1, frames, 3, self._heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (1, heads, frames, width)
        return self._out(self._attend(query, key, value))


def _times(stock: Any) -> torch.Tensor:
    """What the network is told of each step's beginning and end, shape (steps, 1024)."""
    weight = stock.final_proj.weight
    times = torch.linspace(0, 1, STEPS + 1, device=weight.device, dtype=weight.dtype)
    with torch.no_grad():
        embedded = stock.time_mlp(stock.time_embeddings(times))
        mixed: torch.Tensor = stock.time_embed_mixer(torch.cat([embedded[:-1], embedded[1:]], dim=1))
    return mixed
