"""The Whisper models there are to choose from: how large each is, and whether it is here already."""

from __future__ import annotations

from typing import Any

from app import hub
from app.cores import usable_cores
from app.offline_pack import whisper_model
from app.settings import Settings
from app.stt.choose import GPU_MODEL, HUB_FILES, PACK_MODEL, cpu_model, repositories
from app.stt.cuda import has_cuda

#: Megabytes that each takes on the disk, by the hub's own listing of its files.
MEGABYTES = {
    "tiny.en": 78,
    "tiny": 78,
    "base.en": 148,
    "base": 148,
    "small.en": 486,
    "small": 486,
    "medium.en": 1530,
    "medium": 1530,
    "large-v3-turbo": 1620,
    "distil-large-v3": 1515,
    "large-v3": 3090,
}

ENGLISH_ONLY = "Understands English only."
IN_THE_PACK = "It came with VOX."


def offered(settings: Settings) -> list[dict[str, Any]]:
    """What ``VOX_STT`` may be, the automatic choice first and the chosen one among them, as JSON-able
    values: value, name, megabytes, on_disk, about."""
    automatic = GPU_MODEL if has_cuda() else cpu_model(usable_cores(), settings.language)
    about = f"Now {automatic}: the best that keeps up on this machine."
    choices = [_choice("auto", "Automatic", MEGABYTES.get(automatic), None, about)]
    choices += [_named(name) for name in MEGABYTES]
    if settings.stt not in [choice["value"] for choice in choices]:
        choices.append(_choice(settings.stt, settings.stt, None, None, "Given by hand."))
    return choices


def _named(name: str) -> dict[str, Any]:
    in_pack = name == PACK_MODEL and whisper_model() is not None
    about = [ENGLISH_ONLY] if name.endswith(".en") or name.startswith("distil") else []
    if in_pack:
        about.append(IN_THE_PACK)
    on_disk = in_pack or hub.cached(repositories()[name], HUB_FILES) is not None
    return _choice(name, f"Whisper {name}", MEGABYTES[name], on_disk, " ".join(about))


def _choice(value: str, name: str, megabytes: int | None, on_disk: bool | None, about: str) -> dict[str, Any]:
    return {"value": value, "name": name, "megabytes": megabytes, "on_disk": on_disk, "about": about}
