"""Presence: which programs use a database now, so that only what a dead one left is taken for left.

Each has a number, and writes it beside what it has under way. Whether it is still there is seen by a lock
that goes with its process however that ends: in Postgres an advisory one of its connections, beside a SQLite
file one of a file. So nothing beats, nothing expires, and no two clocks are compared.
"""

from __future__ import annotations

import logging
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, event, text

log = logging.getLogger(__name__)

#: Seconds that taking one's own new lock may take.
_PATIENCE = 5.0


class Presence(Protocol):
    #: This program's at this database, a positive one of 62 bits.
    number: int

    def present(self, connection: Connection) -> set[int]:
        """The numbers of all programs that are there, this one's among them."""

    def leave(self) -> None:
        """This program is there no longer."""


class PresenceInPostgres:
    """Every connection holds the program's lock: where there is none, nothing of it is under way."""

    _LOCKED = text(
        "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks "
        "WHERE locktype = 'advisory' AND objsubid = 1 AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    def __init__(self, engine: Engine) -> None:
        self.number = _new_number()

        @event.listens_for(engine, "connect")
        def hold(connection: Any, record: object) -> None:  # noqa: ARG001
            connection.execute(f"SELECT pg_advisory_lock_shared({self.number})")
            connection.commit()

    def present(self, connection: Connection) -> set[int]:
        return set(connection.scalars(self._LOCKED))

    def leave(self) -> None:
        """Its connections are closed, and with them it has left."""


class PresenceBesideFile:
    """Each program holds a file of its own beside the database's."""

    def __init__(self, database: Path) -> None:
        self.number = _new_number()
        self._database = database
        self._lock = FileLock(self._file(self.number), timeout=_PATIENCE, mode=0o600, thread_local=False)
        try:
            self._lock.acquire()
        except OSError as problem:  # nor can the database be written there
            log.debug("no lock beside %s: %s", database, problem)

    def present(self, connection: Connection) -> set[int]:  # noqa: ARG002
        name = re.compile(re.escape(self._database.name) + r"-user-([0-9a-f]{1,16})")
        found = (name.fullmatch(file.name) for file in self._database.parent.iterdir())
        numbers = {int(match[1], 16) for match in found if match}
        return {number for number in numbers if number == self.number or self._is_there(number)}

    def leave(self) -> None:
        if self._lock.is_locked:
            _take_away(self._file(self.number))
            self._lock.release()

    def _file(self, number: int) -> Path:
        return self._database.with_name(f"{self._database.name}-user-{number:x}")

    def _is_there(self, number: int) -> bool:
        file = self._file(number)
        try:
            with FileLock(file, timeout=0, thread_local=False):
                _take_away(file)
        except (Timeout, OSError):
            return True
        return False


def _take_away(file: Path) -> None:
    """Remove the file of a lock that is held: who waits for it sees that it is another file by then. On
    Windows, where a file in use stays, the lock removes it."""
    with suppress(OSError):
        file.unlink()


def _new_number() -> int:
    return secrets.randbits(62)
