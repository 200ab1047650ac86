"""Search in titles and messages: by conversation, the newest first, however common the words are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from app.archive.database import Database
from app.archive.query import Term, terms_of
from app.archive.records import Hit, Match, MessageRecord
from app.archive.rows import all_messages, conversation_of, message_of
from app.archive.schema import conversations, messages
from app.archive.snippets import snippet
from app.archive.word_index import PostgresWords, SqliteWords, WordIndex

#: Messages shown of one conversation: the newest with the words.
MATCHES = 3

#: A conversation may have thousands of messages with a common word. So they are asked for in rounds,
#: from the newest on, and each round leaves out the conversations that have enough.
ROUND = 1000
ROUNDS = 5

_NEWEST = 2**62


class Search:
    """What is looked for: every word, or the beginning of one, in the same message or title; see
    ``query`` and ``words``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.index: WordIndex = SqliteWords() if database.is_sqlite else PostgresWords()

    def hits(self, looked_for: str, limit: int) -> list[Hit]:
        """At most ``limit`` conversations: first those with the words in the title (at most half of
        them, if others have them in messages), then by their newest message with the words.

        Raises ArchiveUnavailable.
        """
        terms = terms_of(looked_for)
        if not terms:
            return []
        with self._database.reading() as connection:
            titles = self.index.titles(connection, terms, limit)
            found = self._messages(connection, terms, limit)
            chosen = _choose(titles, list(found), limit)
            texts = _texts(connection, [number for one in chosen for number in found.get(one, ())])
            rows = connection.execute(select(conversations).where(conversations.c.number.in_(chosen)))
            records = {row.number: conversation_of(row) for row in rows}
        hits = []
        for one in chosen:
            in_title = [Match(None, None, snippet(records[one].title, terms))] if one in titles else []
            in_messages = [_match(texts[number], terms) for number in sorted(found.get(one, ()))]
            hits.append(Hit(records[one], in_title + in_messages))
        return hits

    def _messages(self, connection: Connection, terms: Sequence[Term], limit: int) -> dict[int, list[int]]:
        """Numbers of messages by conversation, both the newest first."""
        found: dict[int, list[int]] = {}
        before = _NEWEST
        for _ in range(ROUNDS):
            enough = [one for one, numbers in found.items() if len(numbers) >= MATCHES]
            batch = self.index.messages(connection, terms, before, enough, ROUND)
            for number, conversation in batch:
                numbers = found.setdefault(conversation, [])
                if len(numbers) < MATCHES:
                    numbers.append(number)
            if len(batch) < ROUND or len(found) > limit:
                break
            before = batch[-1][0]
        return found


def _choose(titles: list[int], others: Iterable[int], limit: int) -> list[int]:
    rest = [one for one in others if one not in titles]
    room = max(limit - len(rest), (limit + 1) // 2)
    return (titles[:room] + rest)[:limit]


def _texts(connection: Connection, numbers: Sequence[int]) -> dict[int, MessageRecord]:
    rows = connection.execute(all_messages().where(messages.c.number.in_(numbers)))
    return {row.number: message_of(row) for row in rows}


def _match(message: MessageRecord, terms: Sequence[Term]) -> Match:
    return Match(message.id, message.role, snippet(message.text, terms))
