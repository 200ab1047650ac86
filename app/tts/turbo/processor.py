"""What this processor's instructions can do."""

from __future__ import annotations

import platform

import torch


def _saturates() -> bool:
    """An x86 processor without the VNNI instructions adds pairs of products in sixteen bits, where
    those of full eight bits overflow. ARM's instructions do not."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return False
    return not _supports("vnni")


def _supports(instructions: str) -> bool:
    """As torch sees it, which has names for this on x86 alone."""
    is_supported = getattr(torch.cpu, f"_is_{instructions}_supported", None)
    return is_supported is not None and bool(is_supported())


#: Whether torch's products of eight bits must do with seven in one factor.
SATURATES = _saturates()
#: Whether it multiplies bfloat16 itself, twice as fast as float32; others only convert it.
HAS_BFLOAT16 = _supports("avx512_bf16")
