"""How many of eight bits this processor multiplies without loss."""

from __future__ import annotations

import platform

import torch


def _saturates() -> bool:
    """An x86 processor without the VNNI instructions adds pairs of products in sixteen bits, where
    those of full eight bits overflow. ARM's instructions do not."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return False
    is_supported = getattr(torch.cpu, "_is_vnni_supported", None)
    return is_supported is None or not is_supported()


#: Whether one factor must do with seven bits.
SATURATES = _saturates()
#: The largest 8-bit weight there may be.
LARGEST_WEIGHT = 63 if SATURATES else 127
