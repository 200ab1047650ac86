"""The archive of a running server: opened when it is wanted, tried again after trouble, swept."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.archive.archive import Archive
from app.archive.lazy import LazyArchive
from app.archive.records import ArchiveUnavailable, MessageRecord, Purged, SpeechRecord, UnknownConversation
from app.settings import Settings
from tests.archive.conftest import NOON


@pytest.fixture
def lazy(settings: Settings) -> Iterator[LazyArchive]:
    lazy = LazyArchive(settings)
    yield lazy
    lazy.close()


def left_behind(settings: Settings, deleted: timedelta | None = None) -> None:
    """What a VOX that was killed left: a reply under way, in a conversation deleted so long ago."""
    with closing(Archive.open(settings)) as archive:
        # Of a process that is there no longer: ours is, and Postgres takes a moment to see that it has left.
        archive._database.presence.number = 1
        archive.conversations.begin("conv_1", at=NOON)
        archive.conversations.add_message(
            MessageRecord("item_1", "conv_1", "assistant", "Once upon a", True, "in_progress", None, NOON)
        )
        archive.conversations.put_speech(SpeechRecord("conv_1", "item_1", 1000, 100, "wav"))
        if deleted is not None:
            archive.conversations.delete("conv_1", at=datetime.now(timezone.utc) - deleted)


def test_nothing_is_opened_before_it_is_wanted(tmp_path: Path) -> None:
    LazyArchive(Settings(data_dir=tmp_path / "data")).close()
    assert not (tmp_path / "data").exists()


def test_an_application_is_made_without_the_database_library() -> None:
    code = (
        "import sys, app; app.create_app(); import app.tts; "
        "print(*{name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'alembic', 'psycopg'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_many_may_want_it_at_once_and_it_is_opened_once(
    lazy: LazyArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    really_open = Archive.open

    def count(settings: Settings) -> Archive:
        opened.append(settings)
        return really_open(settings)

    monkeypatch.setattr(Archive, "open", count)
    lazy.open_in_background()
    threads = [threading.Thread(target=lambda: lazy.conversations.page()) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lazy.conversations.page().conversations == []
    assert len(opened) == 1


def test_what_was_left_in_progress_is_ended_before_anyone_reads(
    settings: Settings, lazy: LazyArchive
) -> None:
    left_behind(settings)
    (message,) = lazy.conversations.messages("conv_1")
    assert (message.text, message.state) == ("Once upon a", "interrupted")


def test_what_was_deleted_a_day_ago_is_swept_away_and_its_sounds_are_told(
    settings: Settings, lazy: LazyArchive
) -> None:
    left_behind(settings, deleted=timedelta(days=1, minutes=1))
    told: list[Purged] = []
    swept = threading.Event()
    lazy.on_purged(told.append)
    lazy.on_purged(lambda purged: swept.set())
    conversations = lazy.conversations
    assert swept.wait(60)
    (purged,) = told
    assert purged.conversation_ids == ["conv_1"]
    assert [(sound.message_id, sound.format) for sound in purged.speech] == [("item_1", "wav")]
    with pytest.raises(UnknownConversation):
        conversations.restore("conv_1")


def test_what_was_deleted_lately_can_still_be_restored(settings: Settings, lazy: LazyArchive) -> None:
    left_behind(settings, deleted=timedelta(hours=23))
    assert lazy.conversations.restore("conv_1").message_count == 1


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "vox.db"
    file.write_text("This is no database.")
    return file


def test_trouble_is_told_to_everyone_who_asks_and_logged_once(
    broken: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lazy = LazyArchive(Settings(data_dir=broken.parent))
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            with pytest.raises(ArchiveUnavailable, match="is not a database"):
                lazy.conversations.page()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].exc_info is None


def test_once_the_trouble_is_over_it_opens(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lazy = LazyArchive(Settings(data_dir=broken.parent))
    with pytest.raises(ArchiveUnavailable):
        lazy.conversations.page()
    broken.unlink()
    # Not at once: a server that does not answer costs seconds each time.
    with pytest.raises(ArchiveUnavailable):
        lazy.conversations.page()
    monkeypatch.setattr("app.archive.lazy.RETRY_AFTER", 0.0)
    assert lazy.conversations.page().conversations == []
    lazy.close()


def test_a_mistake_of_ours_is_logged_with_its_cause_and_keeps_nobody_from_talking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(settings: Settings) -> Archive:
        raise ZeroDivisionError("our mistake")

    monkeypatch.setattr(Archive, "open", fail)
    with pytest.raises(ArchiveUnavailable, match="VOX's log says why"):
        LazyArchive(Settings(data_dir=tmp_path)).conversations.page()
    assert "our mistake" in caplog.text


def test_after_the_end_it_is_not_opened_again(lazy: LazyArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.archive.lazy.RETRY_AFTER", 0.0)
    lazy.conversations.page()
    lazy.close()
    with pytest.raises(ArchiveUnavailable, match="is ending"):
        lazy.conversations.page()


def test_opening_and_closing_many_times_leaves_no_threads_or_files_open(
    tmp_path: Path, gone: Callable[[], bool]
) -> None:
    for _ in range(20):
        lazy = LazyArchive(Settings(data_dir=tmp_path))
        lazy.conversations.page()
        lazy.close()
    assert gone()


@pytest.fixture
def gone() -> Callable[[], bool]:
    """Whether, soon, there are no more threads and open files than when the test began."""
    import psutil

    process = psutil.Process()
    before = {thread.ident for thread in threading.enumerate()}
    files_before = len(process.open_files())

    def ask() -> bool:
        for thread in threading.enumerate():
            if thread.ident not in before:
                thread.join(30)
        return len(process.open_files()) <= files_before

    return ask
