"""Which messages' sound is kept. The sound itself is in files, which are not the archive's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from app.archive.cleaning import storable
from app.archive.database import Database
from app.archive.records import SpeechRecord, UnknownMessage
from app.archive.rows import all_speech, speech_of
from app.archive.schema import conversations, messages, speech


class KeptSpeech:
    """Every call is one transaction, safe from any thread. Raises ArchiveUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_speech(self, record: SpeechRecord) -> None:
        """The sound of a message is kept, in place of what was. Raises UnknownMessage."""
        with self._database.writing() as connection:
            number = message_number(connection, record.conversation_id, record.message_id)
            connection.execute(delete(speech).where(speech.c.message == number))
            values = {"duration_ms": record.duration_ms, "bytes": record.bytes, "format": record.format}
            connection.execute(insert(speech).values(message=number, **values))

    def speech(self, conversation_id: str, message_id: str) -> SpeechRecord | None:
        """What is kept of a message's sound, if anything is; of deleted conversations too."""
        with self._database.reading() as connection:
            return _speech(connection, conversation_id, message_id)

    def remove_speech(self, conversation_id: str, message_id: str) -> SpeechRecord | None:
        """The sound is no longer kept; returns what was."""
        with self._database.writing() as connection:
            kept = _speech(connection, conversation_id, message_id)
            if kept is not None:
                number = message_number(connection, conversation_id, message_id)
                connection.execute(delete(speech).where(speech.c.message == number))
            return kept

    def oldest_speech(self, count: int) -> list[SpeechRecord]:
        """The ``count`` sounds that have been kept for longest, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(all_speech().order_by(speech.c.number).limit(count))
            return [speech_of(row) for row in rows]

    def speech_total(self) -> int:
        """Bytes of all kept sounds."""
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(speech.c.bytes), 0))) or 0)

    def speech_count(self) -> int:
        """How many messages' sound is kept."""
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(speech)) or 0)


def message_number(connection: Connection, conversation_id: str, message_id: str) -> int:
    """The number of a message. Raises UnknownMessage."""
    found = connection.scalar(_message(select(messages.c.number), conversation_id, message_id))
    if found is None:
        raise UnknownMessage(conversation_id, message_id)
    return int(found)


def _message(query: Any, conversation_id: str, message_id: str) -> Any:
    return query.join(conversations, conversations.c.number == messages.c.conversation).where(
        conversations.c.id == storable(conversation_id), messages.c.id == storable(message_id)
    )


def _speech(connection: Connection, conversation_id: str, message_id: str) -> SpeechRecord | None:
    row = connection.execute(
        all_speech().where(
            conversations.c.id == storable(conversation_id), messages.c.id == storable(message_id)
        )
    ).first()
    return None if row is None else speech_of(row)
