"""Which machine a figure was taken on."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path


def describe() -> str:
    """The processor, how many cores this process may use, and today's date."""
    return f"{_processor()}, {cores()} cores, {platform.system()}, {date.today().isoformat()}"


def cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
