"""The archive: a database that is open, with the conversations in it."""

from __future__ import annotations

from sqlalchemy import text

from app.archive.address import address_of
from app.archive.conversations import Conversations
from app.archive.database import Database
from app.archive.migrating import migrate
from app.archive.records import ArchiveError
from app.settings import Settings


class Archive:
    """Made by ``open``. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.conversations = Conversations(database)

    @classmethod
    def open(cls, settings: Settings) -> Archive:
        """Open the database that ``settings`` name, made or brought to the newest schema where needed.

        Takes a moment, and much longer where there is much to migrate. Raises ArchiveError with a
        sentence: ArchiveUnavailable where trying again may help.
        """
        database = Database(address_of(settings))
        try:
            _check_encoding(database)
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @property
    def name(self) -> str:
        """The database in words: its file, or the server and the database on it."""
        return self._database.name

    def close(self) -> None:
        """Close it. What is called afterwards opens it again, so call nothing."""
        self._database.close()


def _check_encoding(database: Database) -> None:
    if database.is_sqlite:
        return
    with database.reading() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise ArchiveError(
            f"The text encoding of {database.name} is {encoding}, which cannot hold all languages. Make one "
            "with UTF-8: createdb --encoding=UTF8 --template=template0 vox"
        )
