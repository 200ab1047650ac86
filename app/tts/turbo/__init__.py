"""Chatterbox Turbo's own package, imported quietly and set up for the device it will run on."""

from __future__ import annotations

import functools
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

log = logging.getLogger(__name__)

#: The model's class and its objects: an untyped package.
TurboTTS: TypeAlias = Any

#: Packages that print and draw progress bars while they work.
_TALKATIVE = ("chatterbox", "perth")


def import_turbo() -> TurboTTS:
    """The class ChatterboxTurboTTS, its packages silenced. Takes seconds: torch comes along.

    Raises ImportError.
    """
    # Each phrase has a length of its own: by default oneDNN would keep the code for a thousand of them.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    # Both tell programmers, at every start, what they will drop one day.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    warnings.filterwarnings("ignore", category=FutureWarning, module="diffusers")
    from chatterbox.tts_turbo import ChatterboxTurboTTS

    _silence()
    return ChatterboxTurboTTS


def best_device() -> str:
    """The fastest device that torch can use here: "cuda", "mps" or "cpu"."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def prepare(device: str) -> None:
    """Let matrix products and convolutions on an NVIDIA GPU use TF32 and their fastest kernels."""
    if device == "cuda":
        import torch

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer torch has other names for the same switches
            torch.backends.cuda.matmul.allow_tf32 = True
            torch.backends.cudnn.allow_tf32 = True
            torch.backends.cudnn.benchmark = True


@contextmanager
def inference() -> Iterator[None]:
    """Without gradients, which the watermarker would gather for ever."""
    import torch

    with torch.inference_mode():
        yield


def release_memory(device: str) -> None:
    """Give unused GPU memory back to other programs."""
    if device in ("cuda", "mps"):
        import torch

        torch.cuda.empty_cache() if device == "cuda" else torch.mps.empty_cache()


def _silence() -> None:
    """Send what these modules print to the log, and draw none of their bars: both are names that
    each module looks up in itself first."""
    from tqdm import tqdm

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _TALKATIVE and module is not None:
            vars(module)["print"] = _log_print
            if isinstance(vars(module).get("tqdm"), type):
                vars(module)["tqdm"] = functools.partial(tqdm, disable=True)


def _log_print(*words: object, **_: object) -> None:
    log.debug("%s", " ".join(map(str, words)))
