"""The words of titles and messages, to be searched: what was there before is indexed too."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from app.archive.word_index import PostgresWords, SqliteWords, WordIndex

revision = "0002"
down_revision = "0001"

#: Rows indexed before the next are read.
BATCH = 1000


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _make_sqlite_tables()
        _index_all(SqliteWords())
    else:
        _make_postgres_tables()
        _index_all(PostgresWords())
        for table in ("title_words", "message_words"):
            op.execute(f"CREATE INDEX {table}_words ON {table} USING gin (words)")


def _make_sqlite_tables() -> None:
    for texts, words in (("conversations", "title_words"), ("messages", "message_words")):
        # The words come folded and with spaces between them, so "ascii" has nothing more to fold. The
        # table has its own copy of them: what is to be taken out of the index must be known.
        op.execute(
            f"CREATE VIRTUAL TABLE {words} "
            "USING fts5(words, tokenize = 'ascii', prefix = '1 2 3', columnsize = 0)"
        )
        op.execute(
            f"CREATE TRIGGER {words}_go AFTER DELETE ON {texts} "
            f"BEGIN DELETE FROM {words} WHERE rowid = old.number; END"
        )


def _make_postgres_tables() -> None:
    op.execute(
        "CREATE TABLE title_words (words tsvector NOT NULL, "
        "number bigint PRIMARY KEY REFERENCES conversations (number) ON DELETE CASCADE)"
    )
    op.execute(
        "CREATE TABLE message_words (words tsvector NOT NULL, conversation bigint NOT NULL, "
        "number bigint PRIMARY KEY REFERENCES messages (number) ON DELETE CASCADE)"
    )


def _index_all(index: WordIndex) -> None:
    connection = op.get_bind()
    for titles in _batches(connection, "conversations", "title"):
        index.put_titles(connection, titles)
    for texts in _batches(connection, "messages", "text"):
        index.put_messages(connection, texts)


def _batches(connection: sa.Connection, table: str, column: str) -> Iterator[list[tuple[int, str]]]:
    query = sa.text(
        f"SELECT number, {column} AS words FROM {table} WHERE number > :after ORDER BY number LIMIT {BATCH}"
    )
    after = 0
    while batch := connection.execute(query, {"after": after}).all():
        yield [(row.number, row.words) for row in batch]
        after = batch[-1].number
