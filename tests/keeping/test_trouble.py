"""Trouble with the database or the disk disturbs nobody's talk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import event

from app.archive.records import ArchiveUnavailable, MessageRecord
from app.keeping import writer as writer_module
from app.keeping.conversation import now
from app.keeping.writer import Writer
from app.keeping.writes import Action, Added, Changed, Write
from tests.conversation.scripted import Hanging, says
from tests.keeping.conftest import House, Tab
from tests.keeping.locking import locked, make_impatient
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _tries_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    make_impatient(monkeypatch)


def notices(tab: Tab) -> list[str]:
    return [event.code for event in tab.ear.of("vox.notice")]


def test_a_locked_database_stops_no_talk_and_loses_nothing(house: House) -> None:
    tab = house.tab()
    tab.ask("Do I need a coat?")
    wait_until(lambda: house.kept(tab.id)[-1].state == "completed")
    with locked(house.folder):
        house.answers(says("No hat."))
        for _ in range(3):
            assert tab.ask("And a hat?").response.status == "completed"
        wait_until(lambda: notices(tab) == ["not_kept"])
        assert "Another program holds the database" in tab.ear.of("vox.notice")[0].message
        assert notices(house.tab(tab.id)) == ["not_kept"]  # who comes is told, too
    wait_until(lambda: notices(tab) == ["not_kept", "kept_again"])
    wait_until(lambda: house.kept(tab.id)[-1].state == "completed")
    assert house.texts(tab.id) == [
        "Do I need a coat?",
        "It rains. Take a coat.",
        *["And a hat?", "No hat."] * 3,
    ]


def test_a_conversation_that_begins_while_nothing_can_be_kept_is_kept_later(house: House) -> None:
    with locked(house.folder):
        tab = house.tab()
        tab.ask("Hello")
        wait_until(lambda: "not_kept" in notices(tab))
        tab.session.close()
        again = house.tab(tab.id)  # loaded anew meanwhile
        assert [item.text for item in again.session._history._items] == ["Hello", "It rains. Take a coat."]
    wait_until(lambda: house.texts(tab.id) == ["Hello", "It rains. Take a coat."])


def test_where_the_database_cannot_be_read_a_new_conversation_begins(house: House) -> None:
    def unavailable() -> None:
        raise ArchiveUnavailable("The disk is gone.")

    house.desk._opened._archive = unavailable  # type: ignore[assignment]
    tab = house.tab("conv_0123456789abcdef")
    problem = tab.ear.of("error")[0].error
    assert problem.code == "conversation_unavailable"
    assert "The disk is gone." in problem.message
    assert tab.ask("Hello").response.status == "completed"


def test_a_full_disk_is_said_and_the_database_stays_whole(house: House) -> None:
    with sqlite3.connect(house.archive.name) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
    most = [pages]

    @event.listens_for(house.archive._database._engine, "checkout")
    def limit(connection: sqlite3.Connection, *_: object) -> None:
        # As on a full disk: SQLite may add no further page to the file.
        connection.execute(f"PRAGMA max_page_count = {most[0]}")

    tab = house.tab()
    tab.type("A long story. " * 5_000)
    wait_until(lambda: notices(tab) == ["not_kept"])
    assert "full" in tab.ear.of("vox.notice")[0].message
    most[0] = 1_000_000
    wait_until(lambda: notices(tab) == ["not_kept", "kept_again"])
    assert len(house.texts(tab.id)[0]) == 14 * 5_000 - 1
    with sqlite3.connect(house.archive.name) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_the_database_will_never_take_holds_up_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(house.archive.name) as database:
        # In the words of a trouble that passes.
        database.execute(
            "CREATE TRIGGER rule BEFORE INSERT ON messages WHEN new.text = 'Never' "
            "BEGIN SELECT RAISE(ABORT, 'database is locked by a rule'); END"
        )
    tab = house.tab()
    for text in ("Before", "Never", "After"):
        tab.type(text)
    with caplog.at_level("WARNING", "app.keeping"):
        wait_until(lambda: house.texts(tab.id) == ["Before", "After"])
    (told,) = caplog.records
    assert "is not kept; what is said from now on is" in told.getMessage()
    assert told.exc_info is None
    wait_until(lambda: notices(tab) == ["some_not_kept"])
    assert "by a rule" in tab.ear.of("vox.notice")[0].message


def test_who_talks_longer_than_can_be_remembered_is_told_what_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 4)
    with locked(house.folder):
        tab = house.tab()
        tab.type("First")
        wait_until(lambda: notices(tab) == ["not_kept"])
        for number in range(10):
            tab.type(f"Number {number}")
        wait_until(lambda: notices(tab) == ["not_kept", "not_kept"])
        now, late = tab.ear.of("vox.notice")[-1], house.tab(tab.id)
        assert "is lost" in now.message
        wait_until(lambda: [event.message for event in late.ear.of("vox.notice")] == [now.message])
    wait_until(lambda: notices(tab)[2:] == ["kept_again"])
    assert "Not all" in tab.ear.of("vox.notice")[-1].message
    assert house.texts(tab.id)[0] == "First"


class Book:
    """Stands in for a table: it keeps what was written, and can be shut."""

    def __init__(self) -> None:
        self.is_shut = False
        self.lines: list[str] = []
        self.troubles: list[bool] = []
        self.lost: list[str] = []
        self.writer = Writer(lambda: self, lambda write: None, self._trouble, self.lost.append)  # type: ignore[arg-type, return-value]

    def write(self, line: str) -> None:
        if self.is_shut:
            raise ArchiveUnavailable("It is shut.")
        self.lines.append(line)

    def add_message(self, message: MessageRecord, after: str | None = None) -> None:
        self.write(f"+{message.text}")

    def change_message(self, conversation_id: str, message_id: str, *, text: str, **fields: object) -> None:
        self.write(f"={text}")

    def _trouble(self, problem: ArchiveUnavailable | None) -> None:
        self.troubles.append(problem is not None)


def message(text: str) -> MessageRecord:
    return MessageRecord("item_1", "conv_1", "assistant", text, True, "in_progress", None, now())


def line(text: str) -> Write:
    write: Callable[..., None] = lambda book: book.write(text)  # noqa: E731
    return Action(("conv_1", text), write)


def test_changes_of_one_message_become_one_while_they_wait() -> None:
    book = Book()
    book.is_shut = True
    book.writer.put(line("a"))
    wait_until(lambda: book.troubles == [True])
    book.writer.put(Added(message("One"), None))
    for text in ("One two", "One two three"):
        book.writer.put(Changed(message(text)))
    book.writer.put(line("b"))
    book.is_shut = False
    assert book.writer.settle(10)
    assert book.lines == ["a", "+One two three", "b"]
    wait_until(lambda: book.troubles == [True, False])


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 3)
    book = Book()
    book.is_shut = True
    for text in "abcdefg":
        book.writer.put(line(text))
    book.is_shut = False
    assert book.writer.settle(10)
    assert book.lines[:3] == ["a", "b", "c"]
    assert len(book.lines) <= 4  # one may have been in hand
    assert len(book.lines) + len(book.lost) == 7


def test_a_write_that_can_never_succeed_holds_up_nobody() -> None:
    book = Book()

    def fails(kept: object) -> None:
        raise ZeroDivisionError

    book.writer.put(Action(("conv_1", "bad"), fails))
    book.writer.put(line("good"))
    assert book.writer.settle(10)
    assert book.lines == ["good"]
    assert len(book.lost) == 1


def test_the_end_is_not_waited_for_too_long() -> None:
    book = Book()
    book.is_shut = True
    book.writer.put(line("a"))
    book.writer.close(0.05)
    assert book.lines == []


def test_nobody_waits_for_the_database_while_a_reply_sounds(house: House) -> None:
    with locked(house.folder):
        tab = house.tab()
        house.answers(hanging := Hanging("One. ", "Two. "))
        tab.type("Count")
        tab.session.create_response()
        assert hanging.is_hanging.wait(20)
        tab.session.cancel_response()
        assert tab.ear.until("response.done").response.status == "cancelled"
