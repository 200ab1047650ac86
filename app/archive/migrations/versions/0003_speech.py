"""Which messages' sound is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "speech",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column(
            "message",
            _NUMBER,
            sa.ForeignKey("messages.number", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
