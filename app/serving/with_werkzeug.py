"""Serving with werkzeug's threaded server, in one process: what works on Windows."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.serving.closing import end_process
from app.serving.preloading import preload
from app.settings import Settings
from app.web import vox

#: How often the threads that wait look whether it is time to end.
POLL_SECONDS = 0.2


def run(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    app = create_app(settings)
    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno())
    told_to_end = threading.Event()

    def tell(sig: int, frame: FrameType | None) -> None:  # noqa: ARG001
        told_to_end.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), tell)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="accept", daemon=True).start()
    on_ready()
    if vox(app).settings.preload:
        preload(app)
    # On Windows a wait without an end would not notice Ctrl-C.
    while not told_to_end.wait(POLL_SECONDS):
        pass
    server.shutdown()
    for sock in (server.socket, listener):  # werkzeug has a duplicate of its own
        sock.close()
    end_process(app, is_busy=lambda: _Handler.running > 0)


class _Handler(WSGIRequestHandler):
    """Answers one connection. Silent: an access log would hold the tokens of sign-in links."""

    running = 0
    _counting = threading.Lock()

    def run_wsgi(self) -> None:
        self._count(1)
        try:
            super().run_wsgi()
        finally:
            self._count(-1)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    @classmethod
    def _count(cls, step: int) -> None:
        with cls._counting:
            cls.running += step
