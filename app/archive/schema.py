"""The tables as they are now. How a database came to have them is told by ``migrations``.

Both databases have the tables below; the words to search are kept in each one's own way (``words``).
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

#: The newest migration. A database that is there needs no Alembic.
NEWEST = "0005"


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond. SQLite has no time zones: there it is text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(timezone.utc)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        assert isinstance(value, datetime)
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)


#: SQLite numbers rows by itself only where the type is INTEGER, which holds 64 bits there.
Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("title_is_own", Boolean, nullable=False),
    Column("voice", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("deleted_at", UtcTime),
    sqlite_autoincrement=True,
)
not_deleted = text("deleted_at IS NULL")
Index(
    "conversations_by_time",
    conversations.c.updated_at,
    conversations.c.number,
    sqlite_where=not_deleted,
    postgresql_where=not_deleted,
)
Index(
    "conversations_deleted",
    conversations.c.deleted_at,
    sqlite_where=text("deleted_at IS NOT NULL"),
    postgresql_where=text("deleted_at IS NOT NULL"),
)

messages = Table(
    "messages",
    metadata,
    Column("number", Number, primary_key=True),
    Column("conversation", Number, ForeignKey("conversations.number", ondelete="CASCADE"), nullable=False),
    Column("id", Text, nullable=False),
    # The order within the conversation; there are gaps, so that one can come between two.
    Column("position", BigInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("is_audio", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    # The number of the program that began it in progress.
    Column("writer", BigInteger),
    Column("unheard", Text),
    UniqueConstraint("conversation", "id"),
    UniqueConstraint("conversation", "position"),
    sqlite_autoincrement=True,
)
Index(
    "messages_in_progress",
    messages.c.state,
    sqlite_where=text("state = 'in_progress'"),
    postgresql_where=text("state = 'in_progress'"),
)

speech = Table(
    "speech",
    metadata,
    # In the order in which sounds were kept: the oldest has the lowest.
    Column("number", Number, primary_key=True),
    Column("message", Number, ForeignKey("messages.number", ondelete="CASCADE"), nullable=False, unique=True),
    Column("duration_ms", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("format", Text, nullable=False),
    sqlite_autoincrement=True,
)
