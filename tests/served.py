"""A running server for tests, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from app.models import Models
from app.settings import Settings


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    app: Flask

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)


@contextmanager
def serve(settings: Settings, models: Models) -> Iterator[Served]:
    """Serve the app from this process on a free port."""
    app = create_app(settings, models)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", app)
    finally:
        vox = app.extensions["vox"]
        vox.sessions.close_all()
        vox.desk.close(timeout=1)
        server.shutdown()
        thread.join()
