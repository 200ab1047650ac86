"""The random numbers of stock S3Gen, so that the same seed gives the same sound."""

from __future__ import annotations

import torch


class Noise:
    """Draws from ``generator``, or, when it is None, from torch's own ones as stock does."""

    def __init__(self, generator: torch.Generator | None, device: torch.device) -> None:
        self._generator = generator
        self._device = device

    def normal(self, *shape: int) -> torch.Tensor:
        """Normally distributed numbers, float32, on the model's device."""
        where = self._device if self._generator is None else self._generator.device
        return torch.randn(shape, generator=self._generator, device=where).to(self._device)

    def uniform(self, *shape: int) -> torch.Tensor:
        """Numbers from 0 to 1, float32, on the model's device. Stock draws them on the CPU."""
        where = "cpu" if self._generator is None else self._generator.device
        return torch.rand(shape, generator=self._generator, device=where).to(self._device)
