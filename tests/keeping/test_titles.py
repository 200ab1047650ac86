"""A conversation's title comes by itself, and disturbs nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.engines import Stop
from app.keeping.titles import cleaned, first_words
from tests.conversation.scripted import Hanging
from tests.keeping.conftest import House
from tests.waiting import wait_until


class Answers:
    """A brain's script: a title where one is asked for, else ``answer``."""

    def __init__(self, house: House, title: str = "Rain and Coats") -> None:
        self.title: object = title
        self._house = house
        house.answers(self)

    def __call__(self, stop: Stop) -> Iterator[str]:
        if "title" not in self._house.brain.prompts[-1][0].text:
            yield "It rains. "
        elif isinstance(self.title, Hanging):
            yield from self.title(stop)
        else:
            yield str(self.title)


def title_of(house: House, conversation_id: str) -> str:
    assert house.desk.writer.settle(20)
    return house.archive.conversations.find(conversation_id).title


def test_the_brain_gives_a_title_to_the_first_exchange(house: House) -> None:
    Answers(house, '"Rain and Coats."\n')
    tab = house.tab()
    tab.ask("Do I need a coat?")
    wait_until(lambda: title_of(house, tab.id) == "Rain and Coats")
    assert "It rains." in house.brain.prompts[-1][1].text
    asked = len(house.brain.prompts)
    tab.ask("And a hat?")
    wait_until(lambda: house.kept(tab.id)[-1].state == "completed")
    assert len(house.brain.prompts) == asked + 1  # the second exchange asks for none


def test_a_new_turn_in_any_session_comes_first(house: House) -> None:
    answers = Answers(house)
    answers.title = slow = Hanging("Rain")
    one, elsewhere = house.tab(), house.tab()
    one.ask("Do I need a coat?")
    assert slow.is_hanging.wait(20)
    answers.title = "Rain and Coats"
    elsewhere.type("Hello?")
    elsewhere.session.create_response()
    assert slow.was_stopped.wait(20)
    wait_until(lambda: title_of(house, one.id) == "Rain and Coats")


def test_a_persons_own_title_stays(house: House) -> None:
    answers = Answers(house)
    answers.title = slow = Hanging("Rain")
    one = house.tab()
    one.ask("Do I need a coat?")
    assert slow.is_hanging.wait(20)
    house.archive.conversations.rename(one.id, "My coat", own=True)
    house.desk.conversations_changed(one.id)
    answers.title = "Rain and Coats"
    house.tab().ask("Hello?")
    wait_until(lambda: len(house.brain.prompts) == 5)  # two answers, and three times for the two titles
    assert title_of(house, one.id) == "My coat"


def test_a_brain_that_knows_no_title_leaves_the_first_words(house: House) -> None:
    answers = Answers(house, "Well, " * 100)
    tab = house.tab()
    tab.ask("Do I need a coat?")
    wait_until(lambda: len(house.brain.prompts) == 2)
    assert title_of(house, tab.id) == "Do I need a coat?"
    assert answers.title


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Rain and Coats", "Rain and Coats"),
        ('"Rain and Coats."', "Rain and Coats"),
        ("**Title: Rain and Coats**\n\nI hope you like it.", "Rain and Coats"),
        ("„Regen und Mäntel“", "Regen und Mäntel"),
        ("「雨とコート」", "「雨とコート」"),
        ("\n\n", ""),
        ("word " * 100, ""),
    ],
)
def test_what_a_brain_writes_for_a_title(answer: str, title: str) -> None:
    assert cleaned(answer) == title


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Hello,\nthere.", "Hello, there"),
        ("Do I need a coat?", "Do I need a coat?"),
        ("a" * 100, "a" * 59 + "…"),
        (
            "one two three four five six seven eight nine ten eleven twelve",
            "one two three four five six seven eight nine ten eleven…",
        ),
    ],
)
def test_the_first_words_of_a_question(question: str, title: str) -> None:
    assert first_words(question) == title
