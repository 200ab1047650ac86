"""The voice engines there are to choose from, and how exactly Chatterbox may compute."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app import hub
from app.settings import Settings
from app.tts.checkpoint import PATTERNS, REPOSITORY

#: Megabytes that the checkpoint takes on the disk.
CHATTERBOX_MEGABYTES = 3050

PRECISIONS = (
    ("auto", "Automatic", "int8 on a processor, bf16 on an NVIDIA GPU."),
    ("fp32", "fp32", "As it was trained: the slowest, and takes most memory."),
    ("bf16", "bf16", "For GPUs."),
    ("int8", "int8", "For processors."),
    ("int4", "int4", "For processors: takes least memory, and is least exact."),
)


def offered(settings: Settings) -> list[dict[str, Any]]:
    """What ``VOX_TTS`` may be, as JSON-able values: value, name, megabytes, on_disk, about."""
    return [
        {
            "value": "auto",
            "name": "Automatic",
            "megabytes": None,
            "on_disk": None,
            "about": "Chatterbox where it keeps up with talking, else Piper.",
        },
        {
            "value": "chatterbox",
            "name": "Chatterbox Turbo",
            "megabytes": CHATTERBOX_MEGABYTES,
            "on_disk": _has_chatterbox(settings),
            "about": "Natural, and speaks in recorded voices too. Wants a GPU.",
        },
        {
            "value": "piper",
            "name": "Piper",
            "megabytes": None,
            "on_disk": find_spec("piper") is not None,
            "about": "Fast on any machine.",
        },
    ]


def precisions() -> list[dict[str, Any]]:
    """What ``VOX_CHATTERBOX_PRECISION`` may be."""
    return [{"value": value, "name": name, "about": about} for value, name, about in PRECISIONS]


def _has_chatterbox(settings: Settings) -> bool:
    if settings.chatterbox_dir:
        return Path(settings.chatterbox_dir).expanduser().is_dir()
    return hub.cached(REPOSITORY, PATTERNS) is not None
