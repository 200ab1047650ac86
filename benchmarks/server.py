"""Servers to measure: VOX with given models, in this process or in one of its own."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from werkzeug.serving import make_server

from app import create_app
from app.models import Models
from app.serving.preloading import preload
from app.settings import Settings


@contextmanager
def served(settings: Settings, models: Models) -> Iterator[str]:
    """The address (host:port) of a server with ``models`` in this process."""
    app = create_app(settings, models)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    preload(app)
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        app.extensions["vox"].sessions.close_all()
        server.shutdown()


@contextmanager
def served_apart(settings: Settings, make_models: Callable[[], Models]) -> Iterator[str]:
    """The same in a process of its own: the client's work is not the server's. ``make_models`` is
    called there."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(settings, make_models, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join()


def _serve(settings: Settings, make_models: Callable[[], Models], parent: Connection) -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each connection
    models = make_models()
    models.wait()
    with served(settings, models) as address:
        parent.send(address)
        parent.recv()
    models.unload()
