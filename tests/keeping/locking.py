"""A database that another program has locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.archive.address import FILE_NAME
from app.archive.database import Database
from app.keeping import writer


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """The database there while another program writes to it, and does not end."""
    with sqlite3.connect(data_dir / FILE_NAME, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def make_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written waits but a moment for a locked database, and tries again soon."""
    monkeypatch.setattr(Database.writing.__wrapped__, "__defaults__", (0.05,))  # type: ignore[attr-defined]
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.02)
