"""Long rows worked on a portion at a time.

A processor's caches hold a portion's results until the next piece of work wants them. Fresh memory
for results of the whole length would cost more than most of the arithmetic, page by page.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

#: Numbers in a portion, on a CPU.
SIZE = 1024 * 1024


def in_portions(
    work: Callable[[torch.Tensor, float], torch.Tensor], rows: torch.Tensor, reach: int
) -> torch.Tensor:
    """What ``work(rows, 1.0)`` returns, shape (1, rows, channels) as before, for work in which each row
    sees those up to ``reach`` before and behind it, and nothing but zeros beyond the ends.

    ``work`` is told which share of all the rows a portion is, without what it sees around it.
    """
    _, count, channels = rows.shape
    length = max(1, SIZE // channels) if rows.device.type == "cpu" else count
    if count <= length:
        return work(rows, 1.0)
    result = torch.empty_like(rows)
    for start in range(0, count, length):
        end = min(start + length, count)
        first, last = max(0, start - reach), min(count, end + reach)
        portion = work(rows[:, first:last], (end - start) / count)
        result[:, start:end] = portion[:, start - first : end - first]
    return result
