from __future__ import annotations

import pytest

from app.conversation.events import RequestError
from app.conversation.history import History, Item


def test_items_can_be_inserted_anywhere() -> None:
    history = History()
    assert history.insert(Item("b", "user", "B")) is None
    assert history.insert(Item("d", "assistant", "D")) == "b"
    assert history.insert(Item("a", "system", "A"), after="root") is None
    assert history.insert(Item("c", "user", "C"), after="b") == "b"
    assert [message.text for message in history.messages()] == ["A", "B", "C", "D"]


def test_an_id_can_be_taken_only_once() -> None:
    history = History()
    history.insert(Item("a", "user", "A"))
    with pytest.raises(RequestError):
        history.insert(Item("a", "user", "again"))


def test_the_brain_is_not_told_of_recordings_without_words_yet() -> None:
    history = History()
    history.insert(Item("a", "user", None, is_audio=True))
    history.insert(Item("b", "user", "  "))
    assert history.messages() == []


def test_an_interrupted_reply_is_marked() -> None:
    history = History()
    history.insert(Item("a", "assistant", "I was saying", interrupted=True))
    assert history.messages()[0].text == "I was saying …"
