"""Conversations and their messages: written as the talk goes, read, renamed, deleted."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from app.archive import cursor
from app.archive.cleaning import clean_title, storable
from app.archive.database import Database
from app.archive.kept_speech import KeptSpeech, message_number
from app.archive.ordering import position_for
from app.archive.records import (
    ConversationRecord,
    Hit,
    MessageRecord,
    Page,
    Purged,
    SpeechRecord,
    State,
    UnknownConversation,
)
from app.archive.rows import all_messages, all_speech, conversation_of, message_of, speech_of
from app.archive.schema import conversations, messages, speech
from app.archive.search import Search


class Conversations(KeptSpeech):
    """Every call is one short transaction, safe from any thread.

    All raise ArchiveUnavailable when the database cannot be used now, and those that write ArchiveRefused for
    what it will never take. A deleted conversation can still be
    written to by who talks in it, so that a restore brings back all of it; to all readers it is unknown.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._search = Search(database)

    # Conversations

    def begin(self, conversation_id: str, *, voice: str | None = None, at: datetime) -> None:
        """A conversation begins. Nothing changes if it is there already."""
        new = (sqlite.insert if self._database.is_sqlite else postgresql.insert)(conversations).values(
            id=storable(conversation_id),
            title="",
            title_is_own=False,
            voice=_storable(voice),
            created_at=at,
            updated_at=at,
            message_count=0,
        )
        with self._database.writing() as connection:
            connection.execute(new.on_conflict_do_nothing())

    def find(self, conversation_id: str) -> ConversationRecord:
        """Raises UnknownConversation."""
        with self._database.reading() as connection:
            return conversation_of(_existing(connection, conversation_id))

    def page(self, before: str | None = None, limit: int = 50) -> Page:
        """The newest ``limit`` conversations, or those behind the page that ended with the cursor
        ``before``. Raises BadCursor."""
        by = (conversations.c.updated_at, conversations.c.number)
        types = [column.type for column in by]
        query = select(conversations).where(conversations.c.deleted_at.is_(None))
        if before is not None:
            query = query.where(tuple_(*by) < tuple_(*cursor.read(before), types=types))
        query = query.order_by(*(column.desc() for column in by)).limit(limit + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        shown, rest = rows[:limit], rows[limit:]
        following = cursor.write(shown[-1].updated_at, shown[-1].number) if rest else None
        return Page([conversation_of(row) for row in shown], following)

    def search(self, words: str, limit: int = 30) -> list[Hit]:
        """The conversations with ``words`` in their titles or messages; see ``search.Search``."""
        return self._search.hits(words, limit)

    def rename(self, conversation_id: str, title: str, own: bool) -> ConversationRecord:
        """Give it a title, cleaned; ``own`` if a person does. One that a person gave is changed by a
        person only. Raises UnknownConversation."""
        with self._database.writing() as connection:
            row = _existing(connection, conversation_id, lock=True)
            if own or not row.title_is_own:
                title = clean_title(title)
                changed = _update(row, title=title, title_is_own=own)
                row = connection.execute(changed.returning(conversations)).one()
                self._search.index.put_titles(connection, [(row.number, title)])
            return conversation_of(row)

    def set_voice(self, conversation_id: str, voice: str | None) -> ConversationRecord:
        """The voice it is spoken with; None is the default one. Raises UnknownConversation."""
        return self._change(conversation_id, voice=_storable(voice))

    def delete(self, conversation_id: str, at: datetime | None = None) -> None:
        """Take it away until ``restore`` or ``purge``. Raises UnknownConversation."""
        self._change(conversation_id, deleted_at=at or datetime.now(timezone.utc))

    def restore(self, conversation_id: str) -> ConversationRecord:
        """Bring a deleted one back. Raises UnknownConversation if it is gone for good."""
        with self._database.writing() as connection:
            row = _locked(connection, conversation_id)
            connection.execute(_update(row, deleted_at=None))
            return conversation_of(row)

    def purge(self, deleted_before: datetime) -> Purged:
        """Take away for good what was deleted before that time."""
        gone = conversations.c.deleted_at < deleted_before
        with self._database.writing() as connection:
            sounds = [speech_of(row) for row in connection.execute(all_speech().where(gone))]
            ids = list(connection.scalars(select(conversations.c.id).where(gone)))
            if ids:
                connection.execute(delete(conversations).where(gone))
        return Purged(ids, sounds)

    # Messages

    def messages(self, conversation_id: str) -> list[MessageRecord]:
        """Its messages in order. Raises UnknownConversation."""
        return self.whole(conversation_id)[1]

    def whole(self, conversation_id: str) -> tuple[ConversationRecord, list[MessageRecord]]:
        """A conversation and its messages in order, of the same moment. Raises UnknownConversation."""
        with self._database.reading() as connection:
            row = _existing(connection, conversation_id)
            query = all_messages().where(messages.c.conversation == row.number).order_by(messages.c.position)
            return conversation_of(row), [message_of(one) for one in connection.execute(query)]

    def add_message(self, record: MessageRecord, after: str | None = None) -> None:
        """Add a message behind the message ``after`` (None: at the end, "root": at the beginning).

        One that is there already gets what ``record`` says, and stays where it is. Raises
        UnknownConversation, and UnknownMessage for ``after``.
        """
        values = _values(record)
        if record.state == "in_progress":
            values["writer"] = self._database.presence.number
        with self._database.writing() as connection:
            conversation = _locked(connection, record.conversation_id)
            this = (messages.c.conversation == conversation.number) & (messages.c.id == values["id"])
            changed = update(messages).where(this).values(values).returning(messages.c.number)
            number = connection.scalar(changed)
            if number is None:
                values["conversation"] = conversation.number
                values["position"] = position_for(connection, conversation, after)
                number = connection.scalar(insert(messages).values(values).returning(messages.c.number))
                connection.execute(_update(conversation, message_count=conversation.message_count + 1))
            _touch(connection, conversation, record.ended_at or record.created_at)
            self._search.index.put_messages(connection, [(int(number or 0), values["text"])])

    def change_message(
        self,
        conversation_id: str,
        message_id: str,
        *,
        text: str | None = None,
        state: State | None = None,
        error: str | None = None,
        ended_at: datetime | None = None,
        unheard: str | None = None,
    ) -> None:
        """Change what is given. Raises UnknownMessage."""
        given: dict[str, Any] = {
            "text": _storable(text),
            "state": state,
            "error": _storable(error),
            "ended_at": ended_at,
            "unheard": _storable(unheard),
        }
        values = {name: value for name, value in given.items() if value is not None}
        with self._database.writing() as connection:
            number = message_number(connection, conversation_id, message_id)
            if values:
                connection.execute(update(messages).where(messages.c.number == number).values(values))
            if ended_at is not None:
                _touch(connection, _locked(connection, conversation_id), ended_at)
            if text is not None:
                self._search.index.put_messages(connection, [(number, values["text"])])

    def remove_message(self, conversation_id: str, message_id: str) -> SpeechRecord | None:
        """Take a message away for good; returns what was kept of its sound. Raises UnknownMessage."""
        with self._database.writing() as connection:
            conversation = _locked(connection, conversation_id)
            number = message_number(connection, conversation_id, message_id)
            row = connection.execute(all_speech().where(speech.c.message == number)).first()
            connection.execute(delete(messages).where(messages.c.number == number))
            connection.execute(_update(conversation, message_count=conversation.message_count - 1))
            return None if row is None else speech_of(row)

    def end_what_was_left(self) -> int:
        """Mark what was in progress in a VOX that was killed as interrupted; returns how many. What another
        one that uses this database has under way is left alone."""
        writer = messages.c.writer
        with self._database.writing() as connection:
            present = self._database.presence.present(connection)
            is_left = writer.is_(None) | writer.not_in(present)
            left = update(messages).where(messages.c.state == "in_progress", is_left)
            return connection.execute(left.values(state="interrupted")).rowcount

    def _change(self, conversation_id: str, **values: Any) -> ConversationRecord:
        with self._database.writing() as connection:
            row = _existing(connection, conversation_id, lock=True)
            changed = connection.execute(_update(row, **values).returning(conversations))
            return conversation_of(changed.one())


def _row(connection: Connection, conversation_id: str, lock: bool = False) -> Row[Any] | None:
    query = select(conversations).where(conversations.c.id == storable(conversation_id))
    return connection.execute(query.with_for_update() if lock else query).first()


def _existing(connection: Connection, conversation_id: str, lock: bool = False) -> Row[Any]:
    """One that is not deleted."""
    row = _row(connection, conversation_id, lock)
    if row is None or row.deleted_at is not None:
        raise UnknownConversation(conversation_id)
    return row


def _locked(connection: Connection, conversation_id: str) -> Row[Any]:
    """One that nobody else writes to before this transaction is over, deleted or not."""
    row = _row(connection, conversation_id, lock=True)
    if row is None:
        raise UnknownConversation(conversation_id)
    return row


def _update(conversation: Row[Any], **values: Any) -> Any:
    return update(conversations).where(conversations.c.number == conversation.number).values(**values)


def _touch(connection: Connection, conversation: Row[Any], at: datetime) -> None:
    if at > conversation.updated_at:
        connection.execute(_update(conversation, updated_at=at))


def _values(record: MessageRecord) -> dict[str, Any]:
    return {
        "id": storable(record.id),
        "role": record.role,
        "text": storable(record.text),
        "is_audio": record.is_audio,
        "state": record.state,
        "error": _storable(record.error),
        "created_at": record.created_at,
        "ended_at": record.ended_at,
        "unheard": storable(record.unheard),
    }


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)
