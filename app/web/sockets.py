"""The open conversations of this process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.conversation.session import Session
    from app.web.connection import Connection


class SocketSessions:
    """Who is connected, at most ``capacity`` at once."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._open: dict[Connection, Session] = {}
        self._is_closing = False

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection, session: Session) -> bool:
        """Take a place for a new conversation; False when there is none."""
        with self._changed:
            if self._is_closing or len(self._open) >= self._capacity:
                return False
            self._open[connection] = session
            return True

    def leave(self, connection: Connection) -> None:
        with self._changed:
            self._open.pop(connection, None)
            self._changed.notify_all()

    def connections(self) -> list[Connection]:
        with self._changed:
            return list(self._open)

    def close_all(self, code: int = 1001, timeout: float = 2.0) -> None:
        """End every conversation and admit no more; waits up to ``timeout`` seconds for them."""
        with self._changed:
            self._is_closing = True
            everyone = dict(self._open)
        for connection, session in everyone.items():
            session.close()
            connection.close(code, "VOX is shutting down.")
        with self._changed:
            self._changed.wait_for(lambda: not self._open, timeout)
