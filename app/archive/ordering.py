"""The order of a conversation's messages: positions with gaps between them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from app.archive.cleaning import storable
from app.archive.records import UnknownMessage
from app.archive.schema import messages

#: Between neighbours at first: one may come between two of them 20 times before any must move.
GAP = 1 << 20


def position_for(connection: Connection, conversation: Row[Any], after: str | None) -> int:
    """A free position in ``conversation`` behind the message ``after`` (None: at the end, "root": at the
    beginning).

    Raises UnknownMessage.
    """
    place = messages.c.position
    own = messages.c.conversation == conversation.number
    if after is None:
        last = connection.scalar(select(func.max(place)).where(own))
        return 0 if last is None else int(last) + GAP
    if after == "root":
        first = connection.scalar(select(func.min(place)).where(own))
        return 0 if first is None else int(first) - GAP
    before = connection.scalar(select(place).where(own, messages.c.id == storable(after)))
    if before is None:
        raise UnknownMessage(conversation.id, after)
    behind = connection.scalar(select(func.min(place)).where(own, place > before))
    if behind is None:
        return int(before) + GAP
    if behind - before > 1:
        return int(before + behind) // 2
    _make_room(connection, conversation.number, int(before))
    return int(before) + GAP // 2


def _make_room(connection: Connection, conversation: int, before: int) -> None:
    """Move all behind the position ``before`` further back by a gap."""
    place = messages.c.position
    behind = (messages.c.conversation == conversation) & (place > before)
    last = connection.scalar(select(func.max(place)).where(behind)) or before
    # In two steps, far away and back: no two may share a position even for a moment.
    away = int(last) - before + GAP
    connection.execute(update(messages).where(behind).values(position=place + away))
    connection.execute(update(messages).where(behind).values(position=place - away + GAP))
