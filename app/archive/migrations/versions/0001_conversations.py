"""Conversations and their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("title_is_own", sa.Boolean, nullable=False),
        sa.Column("voice", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("message_count", sa.Integer, nullable=False),
        sa.Column("deleted_at", _TIME),
        sqlite_autoincrement=True,
    )
    _partial_index("conversations_by_time", "conversations", ["updated_at", "number"], "deleted_at IS NULL")
    _partial_index("conversations_deleted", "conversations", ["deleted_at"], "deleted_at IS NOT NULL")
    op.create_table(
        "messages",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column(
            "conversation", _NUMBER, sa.ForeignKey("conversations.number", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_audio", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.UniqueConstraint("conversation", "id"),
        sa.UniqueConstraint("conversation", "position"),
        sqlite_autoincrement=True,
    )
    _partial_index("messages_in_progress", "messages", ["state"], "state = 'in_progress'")


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
