"""Tabs on one conversation stay in step."""

from __future__ import annotations

from tests.conversation.scripted import Hanging, says
from tests.keeping.conftest import House, Tab
from tests.waiting import wait_until


def told(tab: Tab) -> list[tuple[str, str, str]]:
    return [
        (event.message["role"], event.message["text"], event.message["state"])
        for event in tab.ear.of("vox.message")
    ]


def texts_known(tab: Tab) -> list[str | None]:
    return [item.text for item in tab.session._history._items]


def test_what_is_said_in_one_is_known_in_the_other(house: House) -> None:
    one = house.tab()
    one.ask("Do I need a coat?")
    other = house.tab(one.id)
    assert texts_known(other)[0] == "Do I need a coat?"
    wait_until(lambda: house.kept(one.id)[-1].state == "completed")
    wait_until(lambda: texts_known(other) == house.texts(one.id))

    one.type("And a hat?", "item_hat")
    wait_until(lambda: ("user", "And a hat?", "completed") in told(other))
    house.answers(says("No."))
    other.session.create_response()
    wait_until(lambda: ("assistant", "No.", "completed") in told(one))
    assert [message.text for message in house.brain.prompts[-1][1:]] == [
        "Do I need a coat?",
        "It rains. Take a coat.",
        "And a hat?",
    ]
    assert "And a hat?" not in [text for _, text, _ in told(one)]  # it knows what it said itself
    wait_until(lambda: house.texts(one.id) == texts_known(one) == texts_known(other))
    assert one.ear.of("vox.message")[-1].after == "item_hat"


def test_a_reply_is_told_as_it_is_heard(house: House) -> None:
    house.voice._samples = 24_000  # a second a letter
    house.answers(Hanging("This is the first of two sentences. ", "This is the second of the two. ", "No."))
    one = house.tab()
    other = house.tab(one.id)
    one.type("Go on")
    one.session.create_response()
    first = ("assistant", "This is the first of two sentences.", "in_progress")
    wait_until(lambda: first in told(other))
    one.session.cancel_response()
    wait_until(lambda: told(other)[-1] == (*first[:2], "interrupted"))
    reply = other.session._history.get(other.ear.of("vox.message")[-1].message["id"])
    assert reply.interrupted


def test_both_may_be_answered_at_once(house: House) -> None:
    slow = Hanging("Slowly. ", "More. ", "And more. ")
    house.answers(slow)
    one = house.tab()
    other = house.tab(one.id)
    one.type("First")
    one.session.create_response()
    assert slow.is_hanging.wait(20)
    one.ear.until("vox.phrase")
    house.answers(says("Quickly."))
    other.ask("Second")
    one.session.cancel_response()
    wait_until(lambda: len(house.kept(one.id)) == 4 and house.kept(one.id)[-1].state == "completed")
    order = [message.id for message in house.kept(one.id)]
    wait_until(lambda: [item.id for item in one.session._history._items] == order)
    assert [item.id for item in other.session._history._items] == order


def test_what_is_removed_in_one_is_gone_from_the_other(house: House) -> None:
    one = house.tab()
    one.type("Not this", "item_b")
    other = house.tab(one.id)
    other.session.delete_item("item_b")
    assert one.ear.until("conversation.item.deleted").item_id == "item_b"
    assert texts_known(one) == []
    assert house.kept(one.id) == []


def test_a_reply_that_is_removed_while_it_sounds_stays_removed(house: House) -> None:
    house.voice._samples = 24_000
    one = house.tab()
    other = house.tab(one.id)
    one.ask("Go on")
    reply_id = one.ear.until("response.output_item.done").item.id
    wait_until(lambda: reply_id in other.session._history)
    other.session.delete_item(reply_id)
    assert one.ear.until("conversation.item.deleted").item_id == reply_id
    one.session.close()
    assert house.texts(one.id) == ["Go on"]


def test_the_voice_and_the_title_are_the_same_everywhere(house: House) -> None:
    house.voice.voices = ("tone", "other")
    one = house.tab()
    other = house.tab(one.id)
    one.session.update({"audio": {"output": {"voice": "other"}}})
    updated = other.ear.until("session.updated")
    assert updated.session.audio.output.voice == "other"
    assert other.ear.until("vox.conversation", 2).voice == "other"

    one.type("Hello")
    assert other.ear.until("vox.conversation", 3).title == "Hello"
    assert house.desk.writer.settle(20)
    house.archive.conversations.rename(one.id, "Greetings", own=True)  # as a page does, over HTTP
    house.desk.conversations_changed(one.id)
    for ear in (one.ear, other.ear):
        assert ear.until("vox.conversation", 4).title == "Greetings"
        assert ear.of("vox.conversation")[-1].title_is_own


def test_one_that_is_deleted_can_come_back_with_all_that_was_said(house: House) -> None:
    tab = house.tab()
    tab.type("Hello")
    assert house.desk.writer.settle(20)
    house.archive.conversations.delete(tab.id)
    house.desk.conversations_changed(tab.id)
    wait_until(lambda: tab.ear.of("vox.conversation")[-1].deleted)
    tab.type("Is anybody there?")
    assert house.desk.writer.settle(20)
    house.archive.conversations.restore(tab.id)
    house.desk.conversations_changed(tab.id)
    wait_until(lambda: not tab.ear.of("vox.conversation")[-1].deleted)
    assert house.texts(tab.id) == ["Hello", "Is anybody there?"]


def test_every_tab_hears_which_conversations_changed(house: House) -> None:
    one, elsewhere = house.tab(), house.tab()
    one.type("Hello")
    wait_until(lambda: any(one.id in event.changed for event in elsewhere.ear.of("vox.conversations")))
    assert [record.id for record in house.archive.conversations.page().conversations] == [one.id]
