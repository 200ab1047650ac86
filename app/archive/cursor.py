"""Where a page of the list ended, as a text that the client gives back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from app.archive.records import BadCursor

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_FORM = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,15})", re.ASCII)


def write(updated_at: datetime, number: int) -> str:
    """The cursor behind the conversation ``number`` of that time."""
    return f"{(updated_at - _EPOCH) // _MICROSECOND:x}-{number:x}"


def read(cursor: str) -> tuple[datetime, int]:
    """What ``write`` was given. Raises BadCursor."""
    form = _FORM.fullmatch(cursor)
    if form is None:
        raise BadCursor
    try:
        return _EPOCH + int(form[1], 16) * _MICROSECOND, int(form[2], 16)
    except OverflowError:
        raise BadCursor from None
