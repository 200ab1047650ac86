"""Records as JSON: the same over HTTP, over the socket and in exported files."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from app.archive.records import ConversationRecord, Hit, Match, MessageRecord


def conversation_as_json(record: ConversationRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "title_is_own": record.title_is_own,
        "voice": record.voice,
        "created_at": time_as_json(record.created_at),
        "updated_at": time_as_json(record.updated_at),
        "message_count": record.message_count,
    }


def message_as_shown(record: MessageRecord) -> dict[str, Any]:
    """For a page that shows the conversation: with the words that were never heard."""
    return message_as_json(record) | {"unheard": record.unheard}


def message_as_json(record: MessageRecord) -> dict[str, Any]:
    speech = record.speech
    return {
        "id": record.id,
        "role": record.role,
        "text": record.text,
        "state": record.state,
        "error": record.error,
        "is_audio": record.is_audio,
        "created_at": time_as_json(record.created_at),
        "ended_at": time_as_json(record.ended_at) if record.ended_at else None,
        "speech": {"duration_ms": speech.duration_ms, "bytes": speech.bytes} if speech else None,
    }


def hit_as_json(hit: Hit) -> dict[str, Any]:
    return {
        "conversation": conversation_as_json(hit.conversation),
        "matches": [_match_as_json(match) for match in hit.matches],
    }


def time_as_json(time: datetime) -> str:
    """``time`` in ISO 8601, in UTC, to the millisecond: 2026-11-21T14:03:05.120Z"""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _match_as_json(match: Match) -> dict[str, Any]:
    return {
        "message_id": match.message_id,
        "role": match.role,
        "snippet": [{"text": part.text, "hit": part.is_hit} for part in match.snippet],
    }
