"""Connection: one open socket, with one reader, a bounded queue of what is to leave and one sender."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel
from simple_websocket import ConnectionClosed, Server

#: What may wait to leave, in bytes of JSON; about four minutes of sound.
MAX_QUEUED_BYTES = 16 * 1024 * 1024

#: How long a client may take to answer that the server closes.
CLOSE_ANSWER_SECONDS = 1.0

Message = str | bytes

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


@dataclass(frozen=True)
class _Outgoing:
    text: str
    response_id: str | None


class Reading(threading.Thread):
    """simple-websocket's reading thread, which is none: the thread that serves the connection reads.
    Handing each message on to a second one would cost more than most messages do."""

    def start(self) -> None:
        """``Connection.listen`` runs it."""


class Connection:
    """A Listener at the other end of a socket. ``send``, ``forget`` and ``close`` never block.

    A client that reads too slowly for what it is sent is disconnected.
    """

    def __init__(self, ws: Server) -> None:
        self._ws = ws
        self._changed = threading.Condition()
        self._queue: deque[_Outgoing] = deque()
        self._queued_bytes = 0
        self._closing: tuple[int, str] | None = None
        self._was_read = threading.Event()
        self._sender = threading.Thread(target=self._send_all, name="socket-sender", daemon=True)
        self._sender.start()

    def send(self, event: BaseModel) -> None:
        response_id = getattr(event, "response_id", None)
        perishable = response_id and getattr(event, "type", "") in _PERISHABLE
        # warnings=False: Realtime types the input rate as 24000 alone.
        text = event.model_dump_json(exclude_unset=True, warnings=False)
        with self._changed:
            if self._closing is not None:
                return
            self._queue.append(_Outgoing(text, response_id if perishable else None))
            self._queued_bytes += len(text)
            if self._queued_bytes > MAX_QUEUED_BYTES:
                self._queue.clear()
                self._closing = (1008, "You read too slowly.")
                self._ws.sock.abort()
            self._changed.notify()

    def forget(self, response_id: str) -> None:
        with self._changed:
            self._queue = deque(item for item in self._queue if item.response_id != response_id)
            self._queued_bytes = sum(len(item.text) for item in self._queue)

    def listen(self, take: Callable[[Message], None]) -> None:
        """Read until the socket is closed; ``take`` is called with each message, until this side closes."""
        self._ws.input_buffer = _Inbox(self._is_open, take)
        try:
            self._ws.thread.run()
        finally:
            self._was_read.set()

    def _is_open(self) -> bool:
        return self._closing is None

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close once what is queued has left."""
        with self._changed:
            if self._closing is None:
                self._closing = (code, reason)
            self._changed.notify()

    def wait_closed(self, timeout: float) -> None:
        """Wait until the sender has closed the socket."""
        self._sender.join(timeout)

    def _send_all(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._ws.send(item.text)
            code, reason = self._closing or (1000, "")
            self._ws.close(code, reason)
            if not self._was_read.wait(CLOSE_ANSWER_SECONDS):
                self._ws.sock.abort()
        except (ConnectionClosed, OSError):
            pass  # the client is gone; its reading thread notices too
        finally:
            with self._changed:
                self._closing = self._closing or (1006, "")
                self._queue.clear()

    def _next(self) -> _Outgoing | None:
        """The next message to send, or None when it is time to close."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing is not None)
            if not self._queue:
                return None
            item = self._queue.popleft()
            self._queued_bytes -= len(item.text)
            return item


class _Inbox(list[Message]):
    """Where simple-websocket leaves messages, which are taken at once."""

    def __init__(self, is_open: Callable[[], bool], take: Callable[[Message], None]) -> None:
        super().__init__()
        self._is_open = is_open
        self._take = take

    def append(self, message: Message) -> None:
        if self._is_open():
            self._take(message)
