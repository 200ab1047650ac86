"""One writer at a time on a socket that several threads write to.

simple-websocket answers pings and closes from its reading thread while another thread sends;
two sends at once can interleave inside a frame. And once a peer that stops reading has filled
the kernel's buffers, ``send`` would block for as long as it stays. See docs/decisions/0003.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from typing import Any

#: A peer that has not taken a message after so long is taken for gone.
SEND_TIMEOUT_SECONDS = 5

#: How often a blocked send wakes to look at the clock.
SEND_POLL_SECONDS = 1

#: How long a closing socket still reads what is on its way; closing with unread data resets the
#: connection, and the peer may then never see why it was closed.
LINGER_SECONDS = 1.0


class SerializedSocket:
    """Wraps a blocking socket; all but sending and closing is the socket's own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sending = threading.Lock()
        self._closed = False
        if sys.platform == "win32":
            timeout: Any = SEND_POLL_SECONDS * 1000
        else:
            timeout = struct.pack("ll", SEND_POLL_SECONDS, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        # Small messages (a stop's answer) must not wait for a full packet.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def send(self, data: bytes) -> int:
        """Send all of ``data``. Raises OSError when the peer does not take it in time; the
        connection is of no use after that and is shut down."""
        with self._sending:
            try:
                self._send_all(data)
            except OSError:
                self.abort()
                raise
        return len(data)

    def _send_all(self, data: bytes) -> None:
        deadline = time.monotonic() + SEND_TIMEOUT_SECONDS
        left = memoryview(data)
        while left:
            with contextlib.suppress(BlockingIOError):  # the time-out set above
                left = left[self._sock.send(left) :]
            if left and time.monotonic() > deadline:
                raise TimeoutError("the peer does not read")

    def abort(self) -> None:
        """Wake every thread that waits on the socket; never blocks."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close, letting the peer read what was sent. Waits at most LINGER_SECONDS."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + LINGER_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                self._sock.settimeout(left)
                if not self._sock.recv(65_536):
                    break
        self._sock.close()
