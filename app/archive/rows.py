"""Rows of the tables as records."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Row, Select, select

from app.archive.records import ConversationRecord, MessageRecord, Role, SpeechRecord, State
from app.archive.schema import conversations, messages, speech


def conversation_of(row: Row[Any]) -> ConversationRecord:
    """The record of a row of ``conversations``."""
    return ConversationRecord(
        id=row.id,
        title=row.title,
        title_is_own=row.title_is_own,
        voice=row.voice,
        created_at=row.created_at,
        updated_at=row.updated_at,
        message_count=row.message_count,
    )


def all_messages() -> Select[Any]:
    """Messages, each with the id of its conversation and what is known of its kept sound."""
    return (
        select(messages, conversations.c.id.label("conversation_id"), speech.c.duration_ms, speech.c.bytes)
        .add_columns(speech.c.format)
        .join(conversations, conversations.c.number == messages.c.conversation)
        .outerjoin(speech, speech.c.message == messages.c.number)
    )


def message_of(row: Row[Any]) -> MessageRecord:
    """The record of a row of ``all_messages``."""
    return MessageRecord(
        id=row.id,
        conversation_id=row.conversation_id,
        role=cast(Role, row.role),
        text=row.text,
        is_audio=row.is_audio,
        state=cast(State, row.state),
        error=row.error,
        created_at=row.created_at,
        ended_at=row.ended_at,
        speech=None if row.duration_ms is None else _speech(row, row.id),
        unheard=row.unheard or "",
    )


def all_speech() -> Select[Any]:
    """Kept sounds, each with the ids of its message and conversation."""
    return (
        select(speech, messages.c.id.label("message_id"), conversations.c.id.label("conversation_id"))
        .join(messages, messages.c.number == speech.c.message)
        .join(conversations, conversations.c.number == messages.c.conversation)
    )


def speech_of(row: Row[Any]) -> SpeechRecord:
    """The record of a row of ``all_speech``."""
    return _speech(row, row.message_id)


def _speech(row: Row[Any], message_id: str) -> SpeechRecord:
    return SpeechRecord(row.conversation_id, message_id, row.duration_ms, row.bytes, row.format)
