"""Which machine a figure was taken on."""

from __future__ import annotations

import platform
from datetime import date
from pathlib import Path

from app.cores import usable_cores


def describe() -> str:
    """The processor, how many cores this process may use, and today's date."""
    return f"{_processor()}, {usable_cores()} cores, {platform.system()}, {date.today().isoformat()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
