"""What the vocoder shapes into speech: a hum of the voice's pitch and its harmonics, noise elsewhere.

The mathematics of ``SourceModuleHnNSF`` and ``SineGen`` in ``chatterbox.models.s3gen.hifigan``.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812

from app.tts.turbo.convolutions import Convolution
from app.tts.turbo.noise import Noise
from app.tts.turbo.work import Work


class Pitch:
    """Mel frames (1, frames, 80) to their pitch in Hz, (1, frames)."""

    def __init__(self, stock: Any) -> None:
        self._convolutions = [Convolution(part) for part in stock.condnet if hasattr(part, "kernel_size")]
        self._pitch = stock.classifier

    def __call__(self, mels: torch.Tensor, work: Work) -> torch.Tensor:
        x = mels
        for convolution in self._convolutions:
            work(0)
            x = F.elu_(convolution(x))
        pitch: torch.Tensor = self._pitch(x)
        return pitch.squeeze(2).abs_()


class Source:
    """The pitch of each frame, (1, frames), to sound, (1, samples)."""

    def __init__(self, stock: Any, samples_per_frame: int) -> None:
        sines = stock.l_sin_gen
        self._samples_per_frame = samples_per_frame
        self._rate = sines.sampling_rate
        self._lowest = sines.voiced_threshold
        self._hum = sines.sine_amp
        self._hiss = sines.noise_std
        weight = stock.l_linear.weight
        self._harmonics = torch.arange(1, weight.shape[1] + 1, device=weight.device)[None, :, None]
        self._mix, self._bias = weight.detach(), stock.l_linear.bias.detach()

    def __call__(self, pitch: torch.Tensor, noise: Noise) -> torch.Tensor:
        pitch = pitch.repeat_interleave(self._samples_per_frame, dim=1)[:, None]  # (1, 1, samples)
        samples, harmonics = pitch.shape[2], self._harmonics.shape[1]
        turns = (pitch * self._harmonics / self._rate).cumsum(2).remainder_(1)
        starts = noise.uniform(1, harmonics, 1).mul_(2 * math.pi).sub_(math.pi)
        starts[:, 0] = 0
        sines = turns.mul_(2 * math.pi).add_(starts).sin_().mul_(self._hum)

        voiced = (pitch > self._lowest).to(sines.dtype)
        loudness = voiced * self._hiss + (1 - voiced) * self._hum / 3
        hiss = noise.normal(1, harmonics, samples).mul_(loudness)
        noise.normal(1, samples, 1)  # stock draws these too, and makes nothing of them
        sound = sines.mul_(voiced).add_(hiss)
        return torch.tanh_(self._mix @ sound[0] + self._bias)
