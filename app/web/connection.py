"""Connection: one client. What is told to it waits here to leave, and what it says to be worked off."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from app.event_loop import EventLoop
from app.web.flood import FloodGauge
from app.web.inbox import Inbox, Message
from app.web.wire import WRITE_BUFFER, Limits, Wire

#: What may wait to leave, in bytes of JSON; about four minutes of sound.
MAX_QUEUED_BYTES = 16 * 1024 * 1024

#: Events that carry a reply's text and sound; those of a stopped reply need not leave any more.
_PERISHABLE = frozenset(
    {
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
        "vox.phrase",
        "vox.phrase.progress",
    }
)

#: Reads and writes the sockets of all clients. A thread for each would spend more time on waiting for
#: Python's lock than on the messages, with many microphones open.
_sockets = EventLoop("sockets")


@dataclass(frozen=True)
class _Outgoing:
    text: bytes
    response_id: str | None


class Connection:
    """A Listener at the other end of a socket. ``send``, ``forget`` and ``close`` never block.

    A client that reads too slowly for what it is sent is disconnected.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        """Take over ``sock``, on which WebSocket's handshake is done; it is closed here. Raises OSError
        if the client has left already."""
        self._changing = threading.Lock()
        self._queue: deque[_Outgoing] = deque()
        self._queued_bytes = 0
        self._closing: tuple[int, str] | None = None
        #: Whether the event loop has been asked to send what is queued.
        self._is_leaving = False
        self._gauge = FloodGauge()
        self._at_once: Callable[[Message], bool] = lambda message: False  # noqa: ARG005
        self._was_lost = threading.Event()
        self._wire = Wire(self, limits)
        self._inbox = Inbox(go_on=lambda: _sockets.call(self._wire.read_on))
        _sockets.submit(self._wire.take_over(sock)).result()

    # ----- for any thread

    def send(self, event: BaseModel) -> None:
        response_id = getattr(event, "response_id", None)
        perishable = response_id and getattr(event, "type", "") in _PERISHABLE
        # warnings=False: Realtime types the input rate as 24000 alone.
        text = event.model_dump_json(exclude_unset=True, warnings=False).encode()
        with self._changing:
            if self._closing is not None:
                return
            self._queue.append(_Outgoing(text, response_id if perishable else None))
            self._queued_bytes += len(text)
            if self._queued_bytes > MAX_QUEUED_BYTES:
                self._queue.clear()
                self._closing = (1008, "You read too slowly.")
                _sockets.call(self._wire.abort)
            self._have_it_leave()

    def forget(self, response_id: str) -> None:
        with self._changing:
            self._queue = deque(item for item in self._queue if item.response_id != response_id)
            self._queued_bytes = sum(len(item.text) for item in self._queue)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close once what is queued has left."""
        with self._changing:
            if self._closing is None:
                self._closing = (code, reason)
                self._have_it_leave()

    # ----- for the thread that serves the client

    def listen(self, take: Callable[[Message], object], at_once: Callable[[Message], bool]) -> None:
        """Call ``take`` with each message until the socket is closed, or this side closes.

        Before that, while nothing else is being done, ``at_once`` is asked on the sockets' event loop whether
        it has dealt with the message; it must not block.
        """
        self._at_once = at_once
        for message in self._inbox:
            if self._closing is None:
                take(message)

    def wait_closed(self, timeout: float) -> None:
        """Wait until the socket is closed."""
        self._was_lost.wait(timeout)

    # ----- for the event loop

    def take(self, message: Message) -> None:
        if self._closing is not None:
            return
        if self._gauge.overflows(len(message)):
            self.close(1008, "You send more than a voice can.")
        elif not (self._inbox.is_idle and self._at_once(message)):
            self._inbox.put(message)
            if self._inbox.is_full:
                self._wire.read_no_more()

    def writable(self) -> None:
        self._leave()

    def lost(self) -> None:
        with self._changing:
            self._closing = self._closing or (1006, "")
            self._queue.clear()
        self._inbox.close()
        self._was_lost.set()

    # ----- inside

    def _have_it_leave(self) -> None:
        if not self._is_leaving:
            self._is_leaving = True
            _sockets.call(self._leave)

    def _leave(self) -> None:
        """Send what is queued, as far as there is room; the rest leaves once there is (``writable``)."""
        while self._wire.is_writable:
            texts, farewell = self._next()
            if texts:
                self._wire.send(texts)
                continue
            if farewell is not None:
                self._wire.close(*farewell)
            return

    def _next(self) -> tuple[list[bytes], tuple[int, str] | None]:
        """The next messages to send, or none and how to close if that is next."""
        with self._changing:
            texts: list[bytes] = []
            size = 0
            while self._queue and size < WRITE_BUFFER:
                texts.append(self._queue.popleft().text)
                size += len(texts[-1])
            self._queued_bytes -= size
            self._is_leaving = bool(texts)
            return texts, self._closing
