"""The end of a server process: everyone is told, nothing is waited for too long.

Libraries of engines leave native threads behind, and a thread may be deep in a computation that
nothing interrupts. So the process does not end by itself, in Python's way; it is ended here.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from flask import Flask

from app.models import Model, ModelBusy
from app.web import vox

log = logging.getLogger(__name__)

#: Seconds for each part of the end, and for all of it together.
SOCKETS_PATIENCE = 1.5
KEEPING_PATIENCE = 1.0
REQUESTS_PATIENCE = 0.7
MODELS_PATIENCE = 0.5
PATIENCE = 3.7

GOING_AWAY = 1001


def end_process(app: Flask, is_busy: Callable[[], bool]) -> NoReturn:
    """Close the sockets with 1001, write down what was said, let running requests finish while
    ``is_busy``, free the models, and end the process with code 0, within PATIENCE seconds."""
    watchdog = threading.Timer(PATIENCE, _give_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        state = vox(app)
        if state.sessions is not None:
            state.sessions.close_all(code=GOING_AWAY, timeout=SOCKETS_PATIENCE)
        if state.desk is not None:
            state.desk.close(timeout=KEEPING_PATIENCE)
        _wait_while(is_busy, REQUESTS_PATIENCE)
        state.archive.close()
        _unload(list(state.models))
    except Exception:
        log.exception("VOX did not close in good order")
    finally:
        _exit()


def _unload(models: list[Model]) -> None:  # type: ignore[type-arg]
    """Give up loads and free what is loaded: at once each, so that none waits for another."""
    threads = [threading.Thread(target=_unload_one, args=(model,), daemon=True) for model in models]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + MODELS_PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _unload_one(model: Model) -> None:  # type: ignore[type-arg]
    with suppress(ModelBusy):
        model.unload(timeout=0)


def _wait_while(is_busy: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + patience
    while is_busy() and time.monotonic() < deadline:
        time.sleep(0.02)


def _give_up() -> NoReturn:
    # Past all buffers: what is stuck may hold their locks, and the log's.
    with suppress(OSError):
        os.write(2, b"VOX took too long to close in good order, and ended as it was.\n")
    os._exit(0)


def _exit() -> NoReturn:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)
