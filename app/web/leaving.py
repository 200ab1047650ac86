"""Noticing that the client of a request has left before its answer was ready."""

from __future__ import annotations

import select
import socket
from collections.abc import Mapping
from typing import Any


class ClientLeft:
    """A stop that is set once the client has closed its connection.

    Asked from the WSGI server's own socket, which both of VOX's servers hand out; where there is none
    (a test client, another server) it is never set.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._socket: socket.socket | None = environ.get("werkzeug.socket") or environ.get("gunicorn.socket")
        self._has_left = False

    def is_set(self) -> bool:
        if not self._has_left and self._socket is not None:
            self._has_left = _is_closed(self._socket)
        return self._has_left


def _is_closed(connection: socket.socket) -> bool:
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        # A connection that has ended reads as nothing; what is there otherwise is left for the server.
        return bool(readable) and not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True
    except ValueError:  # closed here, or with a number that select cannot take
        return connection.fileno() == -1
