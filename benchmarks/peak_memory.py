"""The most memory a stretch of work took."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path


def restart(device: str) -> None:
    """Forget earlier peaks."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()


def process_bytes() -> int | None:
    """Main memory's peak since ``restart``; None where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def gpu_bytes(device: str) -> int | None:
    """What torch held of the GPU at most since ``restart``; None without one."""
    if device != "cuda":
        return None
    import torch

    return int(torch.cuda.max_memory_allocated())
