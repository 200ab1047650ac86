"""Rows worked on in portions come out as in one go."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("size", [8 * 40, 8 * 41, 8 * 7, 8])
def test_rows_that_see_their_neighbours(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a portion is smaller than what its rows see around it."""
    import torch

    from app.tts.turbo import portions

    convolution = torch.nn.Conv1d(8, 8, 5, padding=6, dilation=3)
    rows = torch.randn(1, 123, 8)

    def work(rows: torch.Tensor, share: float) -> torch.Tensor:
        lengths.append(rows.shape[1])
        shares.append(share)
        return convolution(rows.transpose(1, 2)).transpose(1, 2)

    lengths: list[int] = []
    shares: list[float] = []
    with torch.no_grad():
        whole = work(rows, 1.0)
        monkeypatch.setattr(portions, "SIZE", size)
        lengths.clear()
        shares.clear()
        result = portions.in_portions(work, rows, reach=6)
    assert torch.allclose(result, whole, atol=1e-6)
    assert max(lengths) <= size // 8 + 2 * 6
    assert sum(shares) == pytest.approx(1)
