"""Serving the application to browsers: gunicorn where there is one, werkzeug's server on Windows."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Literal

from app.settings import Settings

Server = Literal["gunicorn", "werkzeug"]

#: gunicorn needs fork, which Windows has not; see docs/decisions/0001-server.md.
DEFAULT_SERVER: Server = "werkzeug" if sys.platform == "win32" else "gunicorn"


def serve(
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[], None],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Answer requests on ``listener`` until told to stop; then end the process.

    ``on_ready`` is called once, when requests are answered. Takes ``listener`` over.
    """
    if server == "gunicorn":
        from app.serving.with_gunicorn import run
    else:
        from app.serving.with_werkzeug import run
    run(settings, listener, on_ready)
