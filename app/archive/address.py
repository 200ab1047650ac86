"""Where the database is: VOX_DATABASE_URL, or a file of VOX's own in its data folder."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.archive.records import ArchiveError
from app.settings import Settings

FILE_NAME = "vox.db"

_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


def address_of(settings: Settings) -> URL:
    """The database's address as SQLAlchemy has it. Raises ArchiveError; no sentence holds a password."""
    given = settings.database_url.strip()
    if not given:
        return URL.create("sqlite", database=str(Path(settings.data_dir).absolute() / FILE_NAME))
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise ArchiveError(
            "VOX_DATABASE_URL is not an address of a database. It looks like "
            "postgresql://user:password@host:5432/name, or sqlite:////folder/file.db."
        ) from None
    if url.drivername in _POSTGRES:
        return _postgres(url)
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return URL.create("sqlite", database=str(Path(url.database or "").expanduser().absolute()))
    raise ArchiveError(
        f"VOX_DATABASE_URL begins with {url.drivername}://, and VOX keeps conversations in "
        "postgresql://… or in a file, sqlite:////folder/file.db."
    )


def name_of(url: URL) -> str:
    """The database in words, for sentences: the file, or host and name, never who signs in."""
    if url.drivername == "sqlite":
        return str(url.database)
    host = url.host or str(url.query.get("host") or "this machine")
    port = f":{url.port}" if url.port else ""
    return f"the Postgres database {url.database or ''!r} on {host}{port}"


def _postgres(url: URL) -> URL:
    if find_spec("psycopg") is None:
        raise ArchiveError(
            "VOX_DATABASE_URL is a Postgres database, and the library that talks with it is not installed. "
            "Start VOX with it: uv run --extra postgres vox (or pip install 'vox[postgres]')."
        )
    return url.set(drivername="postgresql+psycopg")
