"""The schema: brought up to date with what is in it, and nothing touched that is not VOX's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from app.archive.address import address_of
from app.archive.archive import Archive
from app.archive.database import Database
from app.archive.migrating import MIGRATIONS, VERSION_TABLE, migrate
from app.archive.records import ArchiveError
from app.archive.schema import NEWEST, metadata
from app.settings import Settings

#: A row of each table as the first schema had them.
FIRST_SCHEMA = (
    "INSERT INTO conversations (number, id, title, title_is_own, created_at, updated_at, message_count) "
    "VALUES (7, 'conv_old', 'About zebras', true, '2026-01-02 03:04:05.000000', "
    "'2026-01-02 03:04:06.000000', 2)",
    "INSERT INTO messages (number, conversation, id, position, role, text, is_audio, state, created_at) "
    "VALUES (11, 7, 'item_1', 0, 'user', 'What is a Zébra?', true, 'completed', "
    "'2026-01-02 03:04:05.000000')",
    "INSERT INTO messages (number, conversation, id, position, role, text, is_audio, state, created_at) "
    "VALUES (12, 7, 'item_2', 1048576, 'assistant', 'A horse.', true, 'interrupted', "
    "'2026-01-02 03:04:06.000000')",
)


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    with closing(Database(address_of(settings))) as database, database.writing() as connection:
        yield connection


def test_the_first_schema_with_data_becomes_the_newest_and_all_is_there(settings: Settings) -> None:
    with closing(Database(address_of(settings))) as database:
        migrate(database, to="0001")
    with connected(settings) as connection:
        for statement in FIRST_SCHEMA:
            connection.execute(text(statement))

    with closing(Archive.open(settings)) as archive:
        (found,) = archive.conversations.page().conversations
        assert (found.id, found.title, found.title_is_own, found.message_count) == (
            "conv_old",
            "About zebras",
            True,
            2,
        )
        assert found.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
        messages = archive.conversations.messages("conv_old")
        assert [(one.id, one.text, one.state, one.speech) for one in messages] == [
            ("item_1", "What is a Zébra?", "completed", None),
            ("item_2", "A horse.", "interrupted", None),
        ]
        # What was said before there was a search is found.
        (hit,) = archive.conversations.search("zebra")
        assert [match.message_id for match in hit.matches] == [None, "item_1"]


def test_the_migrations_make_the_tables_that_the_code_expects(settings: Settings) -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [NEWEST]
    Archive.open(settings).close()
    ours = {*metadata.tables}

    def is_ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name in ours

    with connected(settings) as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_database_of_a_newer_vox_is_left_as_it_is(settings: Settings) -> None:
    Archive.open(settings).close()
    with connected(settings) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    with pytest.raises(ArchiveError, match="newer VOX") as refused:
        Archive.open(settings)
    assert "0999" in str(refused.value)
    assert "VOX_DATA_DIR" in str(refused.value)
    with connected(settings) as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == "0999"


def test_a_database_with_somebody_elses_tables_is_left_as_it_is(settings: Settings) -> None:
    with connected(settings) as connection:
        connection.execute(text("CREATE TABLE messages (theirs text)"))
    with pytest.raises(ArchiveError, match="not VOX's"):
        Archive.open(settings)
    with connected(settings) as connection:
        assert connection.execute(text("SELECT theirs FROM messages")).all() == []


def test_other_tables_beside_ours_do_not_matter(settings: Settings) -> None:
    with connected(settings) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('somebody else')"))
    Archive.open(settings).close()
    with connected(settings) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "somebody else"


def test_a_migration_that_fails_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Database(address_of(settings))) as database:
        migrate(database, to="0001")
    with connected(settings) as connection:
        for statement in FIRST_SCHEMA:
            connection.execute(text(statement))

    def fail(text: str) -> list[str]:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patched:
        patched.setattr("app.archive.word_index.words_of", fail)
        with pytest.raises(RuntimeError, match="in the middle"):
            Archive.open(settings)
    with connected(settings) as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == "0001"
    # Nothing of the step is in the way of doing it again.
    with closing(Archive.open(settings)) as archive:
        assert len(archive.conversations.search("zebra")) == 1


def test_several_programs_may_open_a_new_database_at_once(settings: Settings) -> None:
    problems: list[BaseException] = []
    together = threading.Barrier(4)

    def open_it() -> None:
        together.wait()
        try:
            Archive.open(settings).close()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_migrating_leaves_logging_as_it_was_and_says_nothing(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), root.manager.disable, logging.getLogger("app").disabled)
    Archive.open(settings).close()
    assert (
        root.level,
        list(root.handlers),
        root.manager.disable,
        logging.getLogger("app").disabled,
    ) == before
    assert capfd.readouterr() == ("", "")
