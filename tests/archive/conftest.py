"""Both databases for the tests of the archive: each test has an empty one of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

from app.archive.archive import Archive
from app.archive.conversations import Conversations
from app.archive.records import MessageRecord, Role, State
from app.settings import Settings
from tests.postgres import NoPostgres, Postgres, running_postgres

#: When the tests' conversations begin.
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres server of our own."""
    try:
        with running_postgres() as server:
            yield server
    except NoPostgres as problem:
        if os.environ.get("VOX_REQUIRE_POSTGRES"):
            raise
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> str:
    """The address of the one that ``settings`` empties for each test."""
    return postgres.new_database()


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with an empty database: each test that asks for them runs with both kinds."""
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path / "data")
    url: str = request.getfixturevalue("postgres_database")
    with psycopg.connect(url, autocommit=True) as connection:
        # Quicker than a new database, which is 8 MB of files.
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return Settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    archive = Archive.open(settings)
    yield archive
    archive.close()


@pytest.fixture
def conversations(archive: Archive) -> Conversations:
    return archive.conversations


@pytest.fixture
def said(conversations: Conversations) -> Callable[..., MessageRecord]:
    """``said(conversation_id, text, ...)``: a message in a conversation, begun where it is new."""
    count = 0

    def say(
        conversation_id: str,
        text: str,
        role: Role = "user",
        *,
        state: State = "completed",
        minutes: float | None = None,
        after: str | None = None,
    ) -> MessageRecord:
        nonlocal count
        count += 1
        at = NOON + timedelta(minutes=count if minutes is None else minutes)
        message = MessageRecord(f"item_{count}", conversation_id, role, text, False, state, None, at)
        conversations.begin(conversation_id, at=at)
        conversations.add_message(message, after)
        return message

    return say
