"""A database that cannot be used: a sentence for the person, nothing damaged, and on it goes afterwards."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from app.archive.archive import Archive
from app.archive.conversations import Conversations
from app.archive.records import ArchiveError, ArchiveRefused, ArchiveUnavailable, MessageRecord
from app.settings import Settings
from tests.archive.conftest import NOON
from tests.postgres import PASSWORD, Postgres, running_postgres

Say = Callable[..., MessageRecord]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is that ``kept`` opens."""
    return tmp_path / "data" / "vox.db"


@pytest.fixture
def kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An archive on SQLite that does not wait long, with a message in it."""
    monkeypatch.setattr("app.archive.database.PATIENCE", 0.05)
    archive = Archive.open(Settings(data_dir=file.parent))
    archive.conversations.begin("conv_1", at=NOON)
    archive.conversations.add_message(message("item_1", "before"))
    yield archive
    archive.close()


def message(id_: str, text: str) -> MessageRecord:
    return MessageRecord(id_, "conv_1", "user", text, False, "completed", None, NOON)


def texts(conversations: Conversations) -> list[str]:
    return [message.text for message in conversations.messages("conv_1")]


def is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        words = "INSERT INTO message_words (message_words) VALUES ('integrity-check')"
        connection.execute(words)
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def test_a_full_disk_is_told_nothing_is_damaged_and_it_goes_on(kept: Archive, file: Path) -> None:
    engine = kept._database._engine

    def make_small(connection: Any, record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    engine.dispose()
    event.listen(engine, "connect", make_small)
    with pytest.raises(ArchiveUnavailable, match=r"disk with the database .*vox\.db is full"):
        kept.conversations.add_message(message("item_2", "word " * 100_000))
    assert texts(kept.conversations) == ["before"]
    assert kept.conversations.search("before")
    assert kept.conversations.search("word") == []
    assert is_whole(file)

    event.remove(engine, "connect", make_small)
    engine.dispose()
    kept.conversations.add_message(message("item_2", "after"))
    assert texts(kept.conversations) == ["before", "after"]
    assert is_whole(file)


def test_while_another_program_holds_the_database_it_can_be_read(kept: Archive, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveUnavailable, match="Another program holds"):
            kept.conversations.add_message(message("item_2", "never"))
        assert texts(kept.conversations) == ["before"]
        other.execute("ROLLBACK")
    kept.conversations.add_message(message("item_2", "after"))
    assert texts(kept.conversations) == ["before", "after"]
    assert is_whole(file)


def test_a_database_that_another_program_has_for_itself_is_told(file: Path, kept: Archive) -> None:
    kept.close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ArchiveUnavailable, match="Another program holds"):
            Archive.open(Settings(data_dir=file.parent))
    assert texts(kept.conversations) == ["before"]


@pytest.mark.parametrize(
    "damage", [b"This is a letter to my aunt, and no database. " * 100, b"SQLite format 3\0" * 500]
)
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "vox.db"
    file.write_bytes(damage)
    with pytest.raises(ArchiveUnavailable, match="VOX left it as it is") as refused:
        Archive.open(Settings(data_dir=tmp_path))
    assert str(file) in str(refused.value)
    assert file.read_bytes() == damage


def test_damage_inside_is_told_when_it_is_met(kept: Archive, file: Path) -> None:
    for number in range(200):
        kept.conversations.add_message(message(f"more_{number}", "word " * 100))
    kept.close()
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(ArchiveUnavailable, match=r"is damaged|can read"):
        texts(Archive.open(Settings(data_dir=file.parent)).conversations)
    assert file.read_bytes() == bytes(content)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ArchiveError, match="VOX_DATA_DIR") as refused:
        Archive.open(Settings(data_dir=tmp_path / "file" / "data"))
    assert "vox.db" in str(refused.value)


def test_what_breaks_a_rule_is_refused_for_good_and_what_was_said_is_not_repeated(archive: Archive) -> None:
    archive.conversations.begin("conv_1", at=NOON)
    bad = replace(message("item_1", "a very secret word"), role=None)  # type: ignore[arg-type]
    with pytest.raises(ArchiveRefused, match="trying again would not help") as refused:
        archive.conversations.add_message(bad)
    assert "role" in str(refused.value)
    assert "secret" not in str(refused.value)
    archive.conversations.add_message(message("item_2", "after"))
    assert texts(archive.conversations) == ["after"]


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder for who has no special rights, with no rights left to write when the test sets so."""
    if sys.platform == "win32":
        pytest.skip("the rights of files are others on Windows")
    me = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if me == 0:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(me)
            folder.chmod(0o700)


def test_a_database_that_may_not_be_written_can_be_read(nobodys_folder: Path) -> None:
    settings = Settings(data_dir=nobodys_folder)
    with closing(Archive.open(settings)) as archive:
        archive.conversations.begin("conv_1", at=NOON)
        archive.conversations.add_message(message("item_1", "before"))
        # What is read alone needs the file beside the database that readers share; as after a crash.
        file = nobodys_folder / "vox.db"
        file.chmod(0o400)
        with closing(Archive.open(settings)) as reader:
            assert texts(reader.conversations) == ["before"]
            with pytest.raises(ArchiveUnavailable, match="may not write"):
                reader.conversations.add_message(message("item_2", "never"))
        file.chmod(0o600)
    nobodys_folder.chmod(0o500)
    with pytest.raises(ArchiveError, match="write"):
        Archive.open(Settings(data_dir=nobodys_folder / "new"))


def test_what_people_said_is_for_this_account_only(kept: Archive, file: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the rights of files are others on Windows")
    files = list(file.parent.iterdir())
    names = {one.name for one in files if "-user-" not in one.name}
    assert names == {"vox.db", "vox.db-shm", "vox.db-wal"}
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("not an address", "is not an address"),
        ("postgresql://vox:a-very-secret-password@host:port/vox", "is not an address"),
        ("mysql://vox:a-very-secret-password@host/vox", "begins with mysql://"),
        ("sqlite://", "begins with sqlite://"),
        ("postgres://vox:a-very-secret-password@127.0.0.1:1/vox", "does not reach"),
        ("postgresql://vox@127.0.0.1:1/vox?password=a-very-secret-password", "'vox' on 127.0.0.1:1"),
        ("postgresql+psycopg://vox:a-very-secret-password@nowhere.invalid/vox", "does not reach"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(
    url: str, sentence: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ArchiveError, match=sentence) as refused, caplog.at_level(logging.DEBUG):
        Archive.open(Settings(data_dir=tmp_path, database_url=url))
    assert "secret" not in repr(refused.value) + str(refused.value.__cause__) + caplog.text
    assert not list(tmp_path.iterdir())


def test_without_the_driver_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.archive.address.find_spec", lambda name: None)
    with pytest.raises(ArchiveError, match="uv run --extra postgres vox"):
        Archive.open(Settings(database_url="postgresql://127.0.0.1/vox"))


def test_a_file_may_be_named_instead_of_the_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/other.db")
    Archive.open(settings).close()
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "data").exists()


def test_postgres_refuses_a_wrong_password_or_name_and_both_are_told(postgres: Postgres) -> None:
    url = postgres.new_database()
    for wrong, sentence in (
        (url.replace(PASSWORD, "wrong-password"), "user or the password"),
        (url + "x", "does not exist"),
    ):
        with pytest.raises(ArchiveUnavailable, match=sentence) as refused:
            Archive.open(Settings(database_url=wrong))
        assert "assword@" not in str(refused.value)
        assert "wrong-password" not in str(refused.value)


def test_a_postgres_database_that_cannot_hold_all_languages_is_refused(postgres: Postgres) -> None:
    url = postgres.new_database("ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(ArchiveError, match="createdb --encoding=UTF8"):
        Archive.open(Settings(database_url=url))


def test_what_somebody_else_holds_in_postgres_is_not_waited_for_long(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.archive.database.PATIENCE", 0.05)
    url = postgres.new_database()
    with closing(Archive.open(Settings(database_url=url))) as archive:
        archive.conversations.begin("conv_1", at=NOON)
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE conversations")
            with pytest.raises(ArchiveUnavailable, match="Something else holds"):
                archive.conversations.add_message(message("item_1", "never"))
        archive.conversations.add_message(message("item_1", "after"))
        with psycopg.connect(url, autocommit=True) as other:
            name = url.rpartition("/")[2]
            other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert texts(archive.conversations) == ["after"]
        with pytest.raises(ArchiveUnavailable, match="can only be read"):
            archive.conversations.add_message(message("item_2", "never"))


def test_a_postgres_that_goes_away_and_comes_back_is_used_again(postgres: Postgres) -> None:
    with running_postgres() as server:
        archive = Archive.open(Settings(database_url=server.new_database()))
        archive.conversations.begin("conv_1", at=NOON)
        server.stop()
        with pytest.raises(ArchiveUnavailable, match="does not reach") as lost:
            archive.conversations.add_message(message("item_1", "lost"))
        assert PASSWORD not in str(lost.value)
        server.start()
        archive.conversations.add_message(message("item_1", "kept"))
        assert texts(archive.conversations) == ["kept"]
        archive.close()
