"""Bringing a database to the newest schema, and refusing one that is not VOX's or is newer than it."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from app.archive.database import Database
from app.archive.records import ArchiveError
from app.archive.schema import NEWEST, metadata
from app.archive.trouble import capitalized

log = logging.getLogger(__name__)

#: Alembic's own name for it is any program's that uses Alembic; a Postgres database may be shared.
VERSION_TABLE = "vox_schema"

MIGRATIONS = Path(__file__).parent / "migrations"

#: Seconds that one VOX waits while another one migrates the same file.
MIGRATION_PATIENCE = 120.0

#: What VOX programs on one Postgres server lock, so that only one of them migrates ("vox" in ASCII).
_MIGRATING = 0x766F78


def migrate(database: Database, to: str = NEWEST) -> None:
    """Bring ``database`` to the schema ``to``: all the way, or not at all.

    Raises ArchiveError for a database that VOX must not touch, ArchiveUnavailable where it cannot be used.
    """
    with database.reading() as connection:
        if _version(connection) == to:
            return
    with database.writing(MIGRATION_PATIENCE) as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        # Asked again: another VOX may have migrated it meanwhile.
        version = _version(connection)
        if version is None:
            _see_that_it_is_free(connection, database.name)
        if version != to:
            _upgrade(connection, database.name, version, to)


def _version(connection: Connection) -> str | None:
    """The schema's version, or None where VOX has kept nothing yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return None if version is None else str(version)


def _see_that_it_is_free(connection: Connection, name: str) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise ArchiveError(
            f"{capitalized(name)} holds something that is not VOX's (its tables have names that VOX "
            f"needs: {', '.join(taken)}). VOX changed nothing. Give VOX a database of its own, by "
            "VOX_DATABASE_URL or VOX_DATA_DIR."
        )


def _upgrade(connection: Connection, name: str, version: str | None, to: str) -> None:
    # Imported here: a database that is new enough needs none of it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ArchiveError(
            f"{capitalized(name)} was written by a newer VOX (its schema is {version}, this VOX "
            f"knows {NEWEST}). Nothing was changed. Start the newer VOX, or give this one another place by "
            "VOX_DATA_DIR or VOX_DATABASE_URL."
        )
    if version is not None:
        log.info("Bringing the conversations in %s to the newest form", name)
    command.upgrade(config, to)
