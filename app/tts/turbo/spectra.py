"""Short spectra of sound, and sound from them, without a look at what is in the tensors.

As ``torch.stft`` and ``torch.istft`` with their defaults; the latter waits for a GPU to tell it
whether the windows overlap.
"""

from __future__ import annotations

import torch


class Spectra:
    """Samples (1, samples) to spectra (1, samples / hop + 1, size + 2): real, imaginary, real, ..."""

    def __init__(self, window: torch.Tensor, size: int, hop: int) -> None:
        self._window, self._size, self._hop = window, size, hop

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        spectra = torch.stft(
            samples, self._size, self._hop, self._size, window=self._window, return_complex=True
        )
        return torch.view_as_real(spectra.transpose(1, 2)).flatten(2)


class InverseSpectra:
    """Logarithms of magnitudes and unbent phases (1, rows, size + 2) to samples ((rows - 1) x hop,)."""

    #: Magnitudes are held below this.
    loudest = 1e2

    def __init__(self, window: torch.Tensor, size: int, hop: int) -> None:
        self._window, self._size, self._hop = window, size, hop

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        magnitude, phase = x[0].split(self._size // 2 + 1, dim=1)
        magnitude, phase = magnitude.exp().clamp_(max=self.loudest), phase.sin()
        spectra = torch.complex(magnitude * phase.cos(), magnitude * phase.sin())
        windows = torch.fft.irfft(spectra, self._size, dim=1) * self._window
        weights = self._window.square().expand_as(windows)
        edge = self._size // 2  # the outer halves of the first and last window are padding
        return (self._overlapped(windows) / self._overlapped(weights))[edge:-edge]

    def _overlapped(self, windows: torch.Tensor) -> torch.Tensor:
        """The sum of windows (rows, size), each a hop later than the one before."""
        rows, parts = windows.shape[0], self._size // self._hop
        total = windows.new_zeros(rows + parts - 1, self._hop)
        for part, pieces in enumerate(windows.split(self._hop, dim=1)):
            total[part : part + rows] += pieces
        return total.flatten()
