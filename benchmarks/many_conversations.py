"""A history of years: conversations whose words are as common and as rare as in real ones.

The words' frequencies follow Zipf's law with Mandelbrot's shift, as those of English do: the commonest
first, "the" in nearly every message, most of the others in a few. Every run has the same texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, insert, text

from app.archive.database import Database
from app.archive.schema import conversations, messages
from app.archive.word_index import PostgresWords, SqliteWords

#: The commonest words of spoken English, in order of their frequency.
COMMON = """
the I to and a of you it in that is for my on have what do me can was be with so this but we
are not how there one like at about if from they or would some your know out will good when as think tell
time get all more just up no want then which an has who make could really well here them people see way
why day should been year right go take very where than by their other our because any much first did
little work did long best find use water great man old world life still hand part place case week company
system program question night home small number point dragon weather kitchen garden music book story
dinner train holiday doctor winter language moon river bread letter sister brother friend
""".split()  # noqa: SIM905

VOCABULARY = 20_000
#: Mean words of a question and of an answer.
QUESTION, ANSWER = 11, 45

#: Rows of messages written at once.
BATCH = 2000

_BEGIN = datetime(2023, 1, 1, 8, tzinfo=timezone.utc)
_ONSETS = (*"bcdfghjklmnprstvw", "st", "tr", "pl")
_SYLLABLES = [
    onset + rhyme for onset in _ONSETS for rhyme in ("a", "e", "i", "o", "u", "ai", "er", "on", "in")
]


def fill(database: Database, conversation_count: int, message_count: int) -> None:
    """Write that many conversations with that many messages each, past every check that costs time."""
    random = np.random.default_rng(1)
    draw = _Words(random)
    index = SqliteWords() if database.is_sqlite else PostgresWords()
    for numbers in _batches(conversation_count, max(1, BATCH // message_count)):
        titles = [(number, draw.some(5).capitalize()) for number in numbers]
        said = [
            _message(number, place, draw, message_count)
            for number in numbers
            for place in range(message_count)
        ]
        with database.writing() as connection:
            begun = [_conversation(number, title, message_count) for number, title in titles]
            connection.execute(insert(conversations), begun)
            index.put_titles(connection, titles)
            connection.execute(insert(messages), said)
            index.put_messages(connection, [(message["number"], message["text"]) for message in said])
    with database.writing() as connection:
        _settle(connection)


class _Words:
    """Words drawn by their frequency, many at once."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        made = ("".join(random.choice(_SYLLABLES, random.integers(2, 5))) for _ in range(2 * VOCABULARY))
        self._vocabulary = np.array(list(dict.fromkeys([*COMMON, *made]))[:VOCABULARY])
        weights = 1 / (np.arange(self._vocabulary.size) + 2.7)
        self._cumulative: npt.NDArray[np.float64] = np.cumsum(weights / weights.sum())

    def some(self, mean: int) -> str:
        count = max(1, self._random.poisson(mean))
        drawn = np.searchsorted(self._cumulative, self._random.random(count))
        return " ".join(self._vocabulary[np.minimum(drawn, self._vocabulary.size - 1)])


def _batches(count: int, size: int) -> Iterator[range]:
    for start in range(1, count + 1, size):
        yield range(start, min(start + size, count + 1))


def _conversation(number: int, title: str, message_count: int) -> dict[str, Any]:
    begun = _BEGIN + number * timedelta(hours=3)
    return {
        "number": number,
        "id": f"conv_{number:08x}",
        "title": title,
        "title_is_own": False,
        "created_at": begun,
        "updated_at": begun + message_count * timedelta(seconds=20),
        "message_count": message_count,
    }


def _message(conversation: int, place: int, draw: _Words, message_count: int) -> dict[str, Any]:
    number = (conversation - 1) * message_count + place + 1
    is_question = place % 2 == 0
    at = _BEGIN + conversation * timedelta(hours=3) + place * timedelta(seconds=20)
    return {
        "number": number,
        "conversation": conversation,
        "id": f"item_{number:08x}",
        "position": place << 20,
        "role": "user" if is_question else "assistant",
        "text": draw.some(QUESTION if is_question else ANSWER).capitalize() + ("?" if is_question else "."),
        "is_audio": True,
        "state": "completed",
        "created_at": at,
        "ended_at": at + timedelta(seconds=10),
    }


def _settle(connection: Connection) -> None:
    """What a database does by itself sooner or later: look at how common what is."""
    connection.execute(text("ANALYZE"))
