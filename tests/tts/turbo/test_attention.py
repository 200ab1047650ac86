"""Attention with products in bfloat16 hears what exact attention hears."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("rows", [1, 256, 700])
def test_bfloat16_hears_nearly_the_same(rows: int) -> None:
    import torch

    from app.tts.turbo.attention import attend, attend_in_bfloat16

    parts = torch.randn(3, 1, 8, rows, 64, generator=torch.Generator().manual_seed(rows))
    parts[:2] *= 2  # queries and keys, as far from each other as those of a trained network

    exact, near = attend(*parts), attend_in_bfloat16(*parts)

    assert near.shape == exact.shape == (1, rows, 512)
    assert near.dtype == exact.dtype
    assert (near - exact).norm() < 0.02 * exact.norm()
