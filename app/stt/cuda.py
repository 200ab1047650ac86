"""CUDA as CTranslate2 needs it: a GPU, and cuBLAS 12 whatever version torch brings."""

from __future__ import annotations

import ctypes
import logging
import sys
from importlib.util import find_spec
from pathlib import Path

log = logging.getLogger(__name__)

#: What CTranslate2 opens by name when it first computes, the one that the other needs first.
_CUBLAS = ("libcublasLt.so.12", "libcublas.so.12")


def has_cuda() -> bool:
    """Whether there is a GPU that CTranslate2 was built for. Torch is not asked."""
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count()) > 0


def what_cuda_lacks() -> str:
    """What must be installed before CTranslate2 can compute on the GPU, as a sentence, or "".

    Opens cuBLAS from the package nvidia-cublas-cu12 if that is installed: the loader does not look
    among Python's packages, but it finds by name what is open already. Known for Linux only.
    """
    if sys.platform != "linux":
        return ""
    for library in _CUBLAS:
        if not _opens(_packaged(library)) and not _opens(library):
            return f"{library} is missing; installing the package nvidia-cublas-cu12 brings it."
    return ""


def _packaged(library: str) -> str:
    """The path of ``library`` in its Python package, or ""."""
    spec = find_spec("nvidia.cublas") if find_spec("nvidia") else None
    folders = (spec.submodule_search_locations if spec else None) or ()
    paths = (Path(folder) / "lib" / library for folder in folders)
    return next((str(path) for path in paths if path.is_file()), "")


def _opens(library: str) -> bool:
    if not library:
        return False
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        log.debug("%s cannot be opened", library, exc_info=True)
        return False
    return True
