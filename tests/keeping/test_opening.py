"""A conversation is opened, and goes on where it was left."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.archive.records import MessageRecord, State
from app.engines import Message
from tests.conversation.scripted import says
from tests.keeping.conftest import House
from tests.waiting import wait_until

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


def dump(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "vox.db") as database:
        return list(database.iterdump())


def add(house: House, id_: str, role: str, text: str, state: State = "completed") -> None:
    message = MessageRecord(id_, "conv_1", role, text, False, state, None, NOON, NOON)  # type: ignore[arg-type]
    house.archive.conversations.add_message(message)


@pytest.fixture
def yesterday(house: House) -> str:
    house.archive.conversations.begin("conv_1", voice="tone", at=NOON)
    add(house, "item_1", "user", "Do I need a coat?")
    add(house, "item_2", "assistant", "You could take", "interrupted")
    return "conv_1"


def test_the_brain_knows_what_was_said_before(house: House, yesterday: str) -> None:
    tab = house.tab(yesterday)
    tab.ask("Take what?")
    assert house.brain.prompts[-1][1:] == [
        Message("user", "Do I need a coat?"),
        Message("assistant", "You could take …"),
        Message("user", "Take what?"),
    ]
    wait_until(lambda: house.texts(yesterday)[2:] == ["Take what?", "It rains. Take a coat."])


def test_opening_changes_nothing(house: House, yesterday: str, tmp_path: Path) -> None:
    before = dump(tmp_path)
    for _ in range(2):
        tab = house.tab(yesterday)
        assert tab.ear.of("vox.conversation")[0].id == yesterday
        tab.session.close()
    assert house.desk.writer.settle(20)
    assert dump(tmp_path) == before


def test_a_new_conversation_without_a_word_is_not_written(house: House) -> None:
    tab = house.tab()
    tab.session.update({"audio": {"output": {"voice": "tone"}}})
    tab.session.close()
    assert house.desk.writer.settle(20)
    assert house.archive.conversations.page().conversations == []

    again = house.tab(tab.id)  # as a page that is loaded anew asks for it
    assert not again.ear.of("error")
    again.type("Hello")
    assert house.texts(tab.id) == ["Hello"]


def test_it_goes_on_in_its_own_voice(house: House, yesterday: str) -> None:
    tab = house.tab(yesterday)
    assert tab.ear.of("session.created")[0].session.audio.output.voice == "tone"
    tab.session.update({"audio": {"output": {"voice": "default"}}})
    assert house.desk.writer.settle(20)
    assert house.archive.conversations.find(yesterday).voice is None


def test_a_voice_that_is_gone_is_told_of_once(house: House, yesterday: str) -> None:
    house.archive.conversations.set_voice(yesterday, "grandmother")
    tab = house.tab(yesterday)
    tab.ask("Hello?")
    tab.ask("Hello again?")
    (notice,) = tab.ear.of("vox.notice")
    assert notice.code == "voice_unavailable"


@pytest.mark.parametrize("asked", ["conv_0123456789abcdef", "", "../../etc/passwd", "item_1", "x" * 9_999])
def test_an_unknown_one_becomes_a_new_one(house: House, asked: str) -> None:
    tab = house.tab(asked)
    assert tab.ear.of("error")[0].error.code == "conversation_not_found"
    assert tab.ear.of("vox.conversation")[0].id == tab.id != asked
    tab.type("Hello")
    assert house.texts(tab.id) == ["Hello"]


def test_a_deleted_one_becomes_a_new_one(house: House, yesterday: str) -> None:
    house.archive.conversations.delete(yesterday)
    tab = house.tab(yesterday)
    assert tab.ear.of("error")[0].error.code == "conversation_not_found"


def test_a_long_conversation_is_opened_whole_and_asked_about_its_end(house: House) -> None:
    house.archive.conversations.begin("conv_1", at=NOON)
    said = [f"This is sentence number {number} of very many." for number in range(2_000)]
    with sqlite3.connect(Path(house.archive.name)) as database:
        ((conversation,),) = database.execute("SELECT number FROM conversations").fetchall()
        database.executemany(
            "INSERT INTO messages (conversation, id, position, role, text, is_audio, state, created_at) "
            "VALUES (?, ?, ?, ?, ?, 0, 'completed', ?)",
            [
                (conversation, f"item_{number}", number * 1000, ("user", "assistant")[number % 2], text, time)
                for number, text in enumerate(said)
                for time in [(NOON + timedelta(seconds=number)).strftime("%Y-%m-%d %H:%M:%S.%f")]
            ],
        )
    tab = house.tab("conv_1")
    tab.session.retrieve_item("item_0")
    tab.ask("What was the last number?")
    prompt = house.brain.prompts[-1]
    assert [message.text for message in prompt[-2:]] == [said[-1], "What was the last number?"]
    assert len(prompt) < 100
    wait_until(lambda: len(house.kept("conv_1")) == 2_002)


def test_a_conversation_is_listed_by_its_first_words(house: House) -> None:
    house.brain.is_demo = True  # whose titles are not worth having
    tab = house.tab()
    tab.ask("Which of all the coats that hang in the hall should I take today, the green or the blue?")
    assert house.desk.writer.settle(20)
    title = "Which of all the coats that hang in the hall should I take…"
    assert house.archive.conversations.find(tab.id).title == title
    assert tab.ear.until("vox.conversation", 2).title == title


def test_what_is_typed_in_after_a_failure_comes_after_it(house: House, yesterday: str) -> None:
    add(house, "item_3", "assistant", "", "failed")
    house.answers(says("Yes."))
    tab = house.tab(yesterday)
    tab.ask("And now?")
    wait_until(lambda: house.texts(yesterday)[2:] == ["", "And now?", "Yes."])
