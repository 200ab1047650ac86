"""Wire: the WebSocket protocol on one open socket. All of it runs on the event loop of the sockets.

The bytes are websockets' matter (its protocol without I/O), the socket is asyncio's; this is what lies
between them: whole messages, pings, and an end that the peer gets to see.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol as Interface

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State

from app.web.inbox import Message

#: Bytes that may wait in the process until the peer has taken some, on top of what the kernel holds.
WRITE_BUFFER = 64 * 1024

#: A peer that has taken nothing of them after so many seconds is taken for gone.
STALLED_SECONDS = 5.0

#: How long a peer may take to answer that the server closes.
CLOSE_ANSWER_SECONDS = 1.0

# websockets tells of each frame and each end.
_log = logging.getLogger(f"{__name__}.frames")
_log.setLevel(logging.WARNING)


class Ends(Interface):
    """Who is at this end of the wire. Called on the event loop; must not block."""

    def take(self, message: Message) -> None:
        """The peer's next message."""

    def writable(self) -> None:
        """There is room to send again."""

    def lost(self) -> None:
        """The socket is closed: nothing more comes or goes."""


@dataclass(frozen=True)
class Limits:
    """``message``: bytes of one message; ``ping``: seconds between two pings. A peer of which nothing
    has come from one ping to the next is taken for gone."""

    message: int
    ping: float


class Wire(asyncio.Protocol):
    """Made in any thread; all else is done on the event loop, ``take_over`` first."""

    def __init__(self, ends: Ends, limits: Limits) -> None:
        self._ends = ends
        self._ping_seconds = limits.ping
        self._protocol = Protocol(Side.SERVER, max_size=limits.message, logger=_log)
        self._fragments: list[Frame] = []
        self._is_alive = True
        self._next_ping: asyncio.TimerHandle | None = None
        #: While what was sent does not leave, and while the peer has not answered that this side closes.
        self._stalled: asyncio.TimerHandle | None = None
        self._closing: asyncio.TimerHandle | None = None

    async def take_over(self, sock: socket.socket) -> None:
        """Serve ``sock`` from now on. Raises OSError if its peer has left already."""
        await asyncio.get_running_loop().connect_accepted_socket(lambda: self, sock)

    # ----- what goes out

    @property
    def is_writable(self) -> bool:
        is_open = self._protocol.state is State.OPEN and not self._transport.is_closing()
        return is_open and self._stalled is None

    def send(self, texts: Iterable[bytes]) -> None:
        """Send each of ``texts``, UTF-8, as a message. Only while ``is_writable``."""
        for text in texts:
            self._protocol.send_text(text)
        self._write()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye once what was sent has left; harmless when the peer has done so."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._write()

    def abort(self) -> None:
        """Close the socket now, whatever waits in it."""
        self._transport.abort()

    # ----- what comes in

    def read_no_more(self) -> None:
        """Leave what comes in the kernel, until ``read_on``."""
        self._transport.pause_reading()

    def read_on(self) -> None:
        self._transport.resume_reading()

    # ----- called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self._next_ping = self._loop.call_later(self._ping_seconds, self._ping)

    def data_received(self, data: bytes) -> None:
        self._is_alive = True
        self._protocol.receive_data(data)
        self._received()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._received()

    def pause_writing(self) -> None:
        self._stalled = self._loop.call_later(STALLED_SECONDS, self.abort)

    def resume_writing(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        self._ends.writable()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        for timer in (self._next_ping, self._stalled, self._closing):
            if timer is not None:
                timer.cancel()
        # The web server may hold the socket open for an answer of its own, which must not leave.
        with contextlib.suppress(OSError):
            self._transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._ends.lost()

    # ----- inside

    def _received(self) -> None:
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._fragments.append(frame)
                if frame.fin:
                    self._take(self._fragments)
                    self._fragments = []
        self._write()

    def _take(self, fragments: list[Frame]) -> None:
        """A whole message has come."""
        if self._protocol.state is not State.OPEN:
            return
        data = b"".join(frame.data for frame in fragments)
        if fragments[0].opcode is Opcode.BINARY:
            self._ends.take(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "This text is not UTF-8.")
        else:
            self._ends.take(text)

    def _write(self) -> None:
        """Send what the protocol has to say, pongs and goodbyes among it."""
        pieces = self._protocol.data_to_send()
        if self._transport.is_closing():
            return
        if data := b"".join(pieces):
            self._transport.write(data)
        if b"" in pieces:  # how the protocol says that this side has finished
            self._transport.write_eof()
        if self._closing is None and self._protocol.close_expected():
            self._closing = self._loop.call_later(CLOSE_ANSWER_SECONDS, self.abort)

    def _ping(self) -> None:
        # While nothing is read, nothing can come.
        if not self._is_alive and self._transport.is_reading():
            self._protocol.fail(CloseCode.POLICY_VIOLATION, "You did not answer.")
        elif self._protocol.state is State.OPEN:
            self._is_alive = False
            self._protocol.send_ping(b"")
            self._next_ping = self._loop.call_later(self._ping_seconds, self._ping)
        self._write()
