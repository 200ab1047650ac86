"""Serving with gunicorn: a small process that watches, and one worker that holds everything.

The watching process makes no application and imports no engine. The worker makes the
application after the fork, answers each connection in a thread of its pool (an open socket keeps
its thread), and loads the models once it answers. Only the watching process listens to the
terminal; it tells the worker to end, and ends it by force if a computation holds it too long.

Written for gunicorn 27, whose ThreadWorker this extends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from app import create_app
from app.serving.closing import end_process
from app.serving.preloading import preload
from app.settings import Settings
from app.web import vox

log = logging.getLogger(__name__)

#: Threads beyond those that open sockets hold, for pages, files and the API.
HTTP_THREADS = 16

#: Kept-alive connections wait in the poller, without a thread.
IDLE_CONNECTIONS = 256

#: Seconds until the watching process ends a worker that cannot end itself; more than
#: closing.PATIENCE, and less than the five seconds that a person is promised.
KILL_AFTER = 4


def run(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    _Application(settings, listener, on_ready).run()


class _Application(BaseApplication):  # type: ignore[misc]
    """gunicorn's settings, all from ours: no command line, file or variable of its own."""

    def __init__(self, settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        self.settings = settings
        self.on_ready = on_ready
        self._listener = listener
        super().__init__(prog="vox")

    def load_config(self) -> None:
        threads = max(1, self.settings.max_sessions) + HTTP_THREADS
        for name, value in {
            "bind": f"fd://{self._listener.detach()}",
            "workers": 1,
            "worker_class": _Worker,
            "threads": threads,
            "worker_connections": threads + IDLE_CONNECTIONS,
            # Loading a model can hold the interpreter for longer than any time-out would allow.
            "timeout": 0,
            "graceful_timeout": KILL_AFTER,
            "keepalive": 15,
            "preload_app": False,
            "errorlog": None,
            "accesslog": None,
            "loglevel": "info" if self.settings.log_level == "debug" else "warning",
            "logger_class": _Logger,
            "control_socket_disable": True,
            "http_protocols": "h1",
            "http2_cleartext": "off",
            "proxy_protocol": "off",
            # No header may say who the client is or by which scheme it came.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "forwarder_headers": "",
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self.settings)

    def run(self) -> None:
        _Arbiter(self).run()


class _Arbiter(Arbiter):  # type: ignore[misc]
    """The watching process. It ends on the signals that end a program, and knows no others:
    gunicorn's own for adding workers and for taking over a running server are not wanted here."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)

    def init_signals(self) -> None:
        without_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        super().init_signals()
        if without_terminal:  # started by nohup
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def handle_hup(self) -> None:
        """The terminal was closed."""
        self.handle_term()

    def stop(self, graceful: bool = True) -> None:
        # A worker ended by force now was wanted so; gunicorn would report that memory ran out.
        self.log.error_log.setLevel(logging.CRITICAL)
        super().stop(graceful)


class _Logger(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes into our log."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.error_log.propagate = True


class _Worker(ThreadWorker):  # type: ignore[misc]
    """The process that answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The connections whose request has come and whose answer has not all left.
        self._answering: set[TConn] = set()

    def init_signals(self) -> None:
        super().init_signals()
        # Ctrl-C reaches every process of the terminal. The watching one passes the word on.
        for name in (signal.SIGINT, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.alive = False
        # Not here: a signal interrupts anything, also one who holds a lock that closing needs.
        self.method_queue.defer(self._end)

    handle_quit = handle_exit

    def run(self) -> None:
        try:
            self._begin()
            super().run()
        except Exception:
            # Python's own way out would wait for the threads of open sockets; a new worker must not.
            log.exception("The server met an error it does not know, and starts anew")
            os._exit(1)
        self._end()

    def _begin(self) -> None:
        if self.age > 1:
            # One that replaces another loads at first use: if a load ended it, once is enough.
            return
        self.app.on_ready()
        if vox(self.wsgi).settings.preload:
            preload(self.wsgi)

    def handle(self, conn: TConn) -> object:
        try:
            is_kept = super().handle(conn)
            if is_kept is False:
                # Closing waits for the peer. Here that holds a thread; in finish_request, everyone.
                with contextlib.suppress(OSError):
                    conn.close(graceful=True)
            return is_kept
        finally:
            self._answering.discard(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        self._answering.add(conn)
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: TConn, fs: Any) -> None:
        if conn.sock.fileno() == -1:  # closed by ``handle`` or by its WebSocket
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)

    def _end(self) -> None:
        self.set_accept_enabled(False)
        end_process(self.wsgi, is_busy=lambda: bool(self._answering))
