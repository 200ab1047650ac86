"""The words of all titles and messages, as each database indexes them, and how it is asked for them.

Both have a table of words beside that of the texts, whose rows go by themselves with what they index: SQLite
a full-text table (FTS5), Postgres one with a tsvector and a GIN index. Both are given words that are folded
and cut already, and cut nothing themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import BigInteger, Connection, bindparam, text

from app.archive.query import Term
from app.archive.words import words_of

#: Texts, each with the number of its row; at least one.
Numbered: TypeAlias = Sequence[tuple[int, str]]


class WordIndex(Protocol):
    def put_titles(self, connection: Connection, titles: Numbered) -> None:
        """Index conversations' titles in place of what they were."""

    def put_messages(self, connection: Connection, texts: Numbered) -> None:
        """Index messages' texts in place of what they were."""

    def titles(self, connection: Connection, terms: Sequence[Term], limit: int) -> list[int]:
        """Numbers of conversations with all ``terms`` in the title, the newest first."""

    def messages(
        self, connection: Connection, terms: Sequence[Term], before: int, but_not: Sequence[int], limit: int
    ) -> list[tuple[int, int]]:
        """Numbers of messages with all ``terms`` and of their conversations, the newest first: below the
        message ``before``, and in none of the conversations ``but_not``."""


class SqliteWords:
    _TITLES = text(
        "SELECT c.number FROM title_words AS w CROSS JOIN conversations AS c ON c.number = w.rowid "
        "WHERE w.title_words MATCH :query AND c.deleted_at IS NULL "
        "ORDER BY c.updated_at DESC, c.number DESC LIMIT :limit"
    )
    # CROSS JOIN keeps SQLite's planner to this order: the full-text table gives its rows from the newest
    # on, one by one, and after a few of them there are enough, however many have the word.
    _MESSAGES = text(
        "SELECT m.number, m.conversation FROM message_words AS w "
        "CROSS JOIN messages AS m ON m.number = w.rowid "
        "CROSS JOIN conversations AS c ON c.number = m.conversation "
        "WHERE w.message_words MATCH :query AND w.rowid < :before "
        "AND m.conversation NOT IN :but_not AND c.deleted_at IS NULL "
        "ORDER BY w.rowid DESC LIMIT :limit"
    ).bindparams(bindparam("but_not", expanding=True, type_=BigInteger()))

    def put_titles(self, connection: Connection, titles: Numbered) -> None:
        self._put(connection, "title_words", titles)

    def put_messages(self, connection: Connection, texts: Numbered) -> None:
        self._put(connection, "message_words", texts)

    def titles(self, connection: Connection, terms: Sequence[Term], limit: int) -> list[int]:
        return list(connection.scalars(self._TITLES, {"query": _match(terms), "limit": limit}))

    def messages(
        self, connection: Connection, terms: Sequence[Term], before: int, but_not: Sequence[int], limit: int
    ) -> list[tuple[int, int]]:
        values = {"query": _match(terms), "before": before, "but_not": but_not, "limit": limit}
        return [(row.number, row.conversation) for row in connection.execute(self._MESSAGES, values)]

    def _put(self, connection: Connection, table: str, texts: Numbered) -> None:
        values = [{"number": number, "words": " ".join(words_of(words))} for number, words in texts]
        connection.execute(text(f"DELETE FROM {table} WHERE rowid = :number"), values)
        connection.execute(text(f"INSERT INTO {table} (rowid, words) VALUES (:number, :words)"), values)


class PostgresWords:
    _TITLES = text(
        "SELECT c.number FROM title_words AS w JOIN conversations AS c ON c.number = w.number "
        "WHERE w.words @@ CAST(:query AS tsquery) AND c.deleted_at IS NULL "
        "ORDER BY c.updated_at DESC, c.number DESC LIMIT :limit"
    )
    # From one table, so that the planner has only one question: whether the words are common enough to
    # meet them soon on the way down from the newest.
    _MESSAGES = text(
        "SELECT number, conversation FROM message_words WHERE words @@ CAST(:query AS tsquery) "
        "AND number < :before AND conversation <> ALL(CAST(:but_not AS bigint[])) "
        "AND conversation NOT IN (SELECT number FROM conversations WHERE deleted_at IS NOT NULL) "
        "ORDER BY number DESC LIMIT :limit"
    )
    _PUT_TITLE = text(
        "INSERT INTO title_words (number, words) VALUES (:number, CAST(:words AS tsvector)) "
        "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
    )
    _PUT_MESSAGE = text(
        "INSERT INTO message_words (number, conversation, words) "
        "SELECT number, conversation, CAST(:words AS tsvector) FROM messages WHERE number = :number "
        "ON CONFLICT (number) DO UPDATE SET words = excluded.words"
    )

    def put_titles(self, connection: Connection, titles: Numbered) -> None:
        connection.execute(self._PUT_TITLE, [_as_tsvector(*title) for title in titles])

    def put_messages(self, connection: Connection, texts: Numbered) -> None:
        connection.execute(self._PUT_MESSAGE, [_as_tsvector(*message) for message in texts])

    def titles(self, connection: Connection, terms: Sequence[Term], limit: int) -> list[int]:
        return list(connection.scalars(self._TITLES, {"query": _tsquery(terms), "limit": limit}))

    def messages(
        self, connection: Connection, terms: Sequence[Term], before: int, but_not: Sequence[int], limit: int
    ) -> list[tuple[int, int]]:
        values = {"query": _tsquery(terms), "before": before, "but_not": list(but_not), "limit": limit}
        return [(row.number, row.conversation) for row in connection.execute(self._MESSAGES, values)]


def _match(terms: Sequence[Term]) -> str:
    """``terms`` in FTS5's language. Words have letters and digits only, so quoting is simple."""
    return " ".join(f'"{" ".join(term.words)}"{" *" if term.is_beginning else ""}' for term in terms)


def _tsquery(terms: Sequence[Term]) -> str:
    """``terms`` in the language of Postgres's tsquery."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*)" if term.is_beginning else ")")
        for term in terms
    )


def _as_tsvector(number: int, words: str) -> dict[str, Any]:
    """The words of a text with their places, as Postgres writes a tsvector."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words_of(words), 1):
        places[word].append(str(place))
    written = " ".join(f"'{word}':{','.join(numbers)}" for word, numbers in places.items())
    return {"number": number, "words": written}
