"""The memory of this process: how much it uses, and giving back what it does not."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache

import psutil


def snapshot() -> dict[str, int | None]:
    """Bytes held now: ``process_bytes`` of main memory, ``gpu_bytes`` that torch has reserved and
    ``gpu_total_bytes`` of the card; the last two are None without CUDA.

    Cheap enough to ask often; torch is looked at only if something has imported it already.
    """
    gpu_bytes, gpu_total_bytes = _gpu()
    return {
        "process_bytes": int(_process().memory_info().rss),
        "gpu_bytes": gpu_bytes,
        "gpu_total_bytes": gpu_total_bytes,
    }


def give_back() -> None:
    """Return freed main memory to the system; glibc would keep up to a third of an unloaded model."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library, which keeps nothing
            ctypes.CDLL("libc.so.6").malloc_trim(0)


@cache
def _process() -> psutil.Process:
    return psutil.Process()


def _gpu() -> tuple[int | None, int | None]:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)  # absent while another thread is importing torch
    if cuda is None or not hasattr(cuda, "is_initialized") or not cuda.is_initialized():
        return None, None
    device = cuda.current_device()
    return int(cuda.memory_reserved(device)), int(cuda.get_device_properties(device).total_memory)
