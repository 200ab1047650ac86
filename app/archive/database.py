"""The connection to the database: short transactions, and trouble told as ArchiveUnavailable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from app.archive import trouble
from app.archive.address import name_of
from app.archive.presence import Presence, PresenceBesideFile, PresenceInPostgres
from app.archive.records import ArchiveError, ArchiveRefused, ArchiveUnavailable

#: Seconds that a transaction waits for another program, or another thread, to finish with the database.
PATIENCE = 3.0
#: Seconds until a Postgres server that does not answer is given up.
CONNECT_PATIENCE = 5
#: Seconds that one statement may take on a Postgres server.
STATEMENT_PATIENCE = 10

#: Of a transaction that writes: how long it waits for its turn.
_PATIENCE = "vox_patience"
#: What SQLite's readers always have: all queries of a transaction see the same state.
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ"}


class Database:
    """One database. Safe for threads: each transaction has a connection of its own."""

    def __init__(self, url: URL) -> None:
        """Nothing is opened yet. Raises ArchiveError where the file's folder cannot be made."""
        self.name = name_of(url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._reading = self._engine if self.is_sqlite else self._engine.execution_options(**_ONE_MOMENT)
        #: That this program uses it.
        self.presence: Presence = (
            PresenceBesideFile(Path(str(url.database)))
            if self.is_sqlite
            else PresenceInPostgres(self._engine)
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing.

        Raises ArchiveUnavailable for whatever the database cannot do now.
        """
        with self._told(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """A transaction that changes something: all of it, or nothing where something raises. SQLite has
        one at a time: this one waits for its turn for ``patience`` seconds (if not given, PATIENCE).

        Raises ArchiveUnavailable, and ArchiveRefused for what breaks a rule of the tables.
        """
        engine = self._engine.execution_options(**{_PATIENCE: patience or PATIENCE})
        with self._told(), engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()
        self.presence.leave()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, DataError) as error:
            raise ArchiveRefused(trouble.refusal(error, self.name)) from None
        except SQLAlchemyError as error:
            told = trouble.sentence(error, self.name)
            if told is None:
                raise
            # Without the cause: a driver's own words are for nobody, and may show what was to be written.
            raise ArchiveUnavailable(told) from None


def _sqlite_engine(url: URL) -> Engine:
    _make_private_file(Path(str(url.database)))
    engine = create_engine(
        url, hide_parameters=True, pool_timeout=PATIENCE, connect_args={"timeout": PATIENCE}
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:  # noqa: ARG001
        # Python's sqlite3 would begin transactions when it sees fit; SQLAlchemy's "begin" does, below.
        connection.isolation_level = None
        # Readers and the writer do not wait for each other. A killed process loses nothing that was
        # committed; a power cut may lose the last moments, and damages nothing.
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            # The file beside the database gives space back once a large change is through.
            f"journal_size_limit = {64 * 1024 * 1024}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        patience = connection.get_execution_options().get(_PATIENCE)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(1000 * (patience or PATIENCE))}")
        # A writer that began as a reader could not wait for its turn: SQLite refuses it at once.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if patience else "BEGIN")

    return engine


def _make_private_file(file: Path) -> None:
    """Make the file, for this account only: it holds what people said. SQLite gives the files beside it
    the same rights."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as problem:
        raise ArchiveError(
            f"VOX cannot keep conversations in {file}: {problem.strerror or problem}. See that this account "
            "may write there, or set VOX_DATA_DIR to another folder."
        ) from None


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # the server may have been started anew
        pool_timeout=PATIENCE,
        connect_args={"connect_timeout": CONNECT_PATIENCE, "application_name": "vox"},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:  # noqa: ARG001
        for name, value in (
            ("lock_timeout", f"{PATIENCE}s"),
            ("statement_timeout", f"{STATEMENT_PATIENCE}s"),
            # Which index finds words fast depends on how common they are, so plans are not reused; and
            # compiling a plan takes longer than any of ours.
            ("plan_cache_mode", "force_custom_plan"),
            ("jit", "off"),
        ):
            connection.execute(f"SET {name} = '{value}'")
        connection.commit()

    return engine
