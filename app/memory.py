"""The memory of this process: how much it uses, and giving back what it does not.

glibc gives threads pools of their own to allocate from. What one thread has freed is then of no use to
another, and every model that is loaded and unloaded, each by a thread of its own, leaves some more behind.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache

import psutil

#: glibc's name for the setting of how many pools there may be.
_M_ARENA_MAX = -8


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


def have_one_pool() -> None:
    """Let all threads allocate from the same pool, to see what is never freed. Works before there are others
    than the first. Not for conversations: threads wait for each other, and answers come an eighth later."""
    _ask_glibc("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Return freed main memory to the system; glibc would keep up to a third of an unloaded model."""
    _ask_glibc("malloc_trim", 0)


def _ask_glibc(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library, which keeps nothing
            getattr(ctypes.CDLL("libc.so.6"), function)(*arguments)


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
