"""Conversations in the database: kept in order, listed, renamed, deleted and brought back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.archive.archive import Archive
from app.archive.conversations import Conversations
from app.archive.records import (
    BadCursor,
    MessageRecord,
    SpeechRecord,
    UnknownConversation,
    UnknownMessage,
)
from app.settings import Settings
from tests.archive.conftest import NOON

Say = Callable[..., MessageRecord]

#: Texts that a database, a terminal or a page may trip over.
NASTY = (
    "",
    " \t\n leading and trailing \n",
    "'; DROP TABLE messages; --",
    "<img src=x onerror=alert(1)>",
    "100 % of \\ and \\n and %s and :name and {braces}",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇺🇳",
    "שלום עולם, مرحبا بالعالم, \u202ereversed\u202c",
    "e\u0301 is not é for a computer",
    "\ufffe\uffff\U0010ffff",
    "a" * 1_000_000,
)


def texts(conversations: Conversations, conversation_id: str) -> list[str]:
    return [message.text for message in conversations.messages(conversation_id)]


def test_what_is_kept_is_there_when_vox_is_started_again(settings: Settings) -> None:
    archive = Archive.open(settings)
    archive.conversations.begin("conv_1", voice="joe", at=NOON)
    question = MessageRecord("item_1", "conv_1", "user", "Hello?", True, "completed", None, NOON, NOON)
    later = NOON + timedelta(seconds=2, microseconds=123_456)
    answer = MessageRecord("item_2", "conv_1", "assistant", "", True, "in_progress", None, later)
    archive.conversations.add_message(question)
    archive.conversations.add_message(answer)
    archive.conversations.change_message("conv_1", "item_2", text="Hello to")
    archive.conversations.change_message(
        "conv_1", "item_2", text="Hello to you.", state="failed", error="The voice broke.", ended_at=later
    )
    archive.close()

    archive = Archive.open(settings)
    found, messages = archive.conversations.whole("conv_1")
    archive.close()
    assert messages == [
        question,
        replace(answer, text="Hello to you.", state="failed", error="The voice broke.", ended_at=later),
    ]
    assert (found.voice, found.title, found.message_count) == ("joe", "", 2)
    assert (found.created_at, found.updated_at) == (NOON, later)


def test_messages_stand_where_they_were_put(conversations: Conversations, said: Say) -> None:
    first = said("conv_1", "first")
    said("conv_1", "last")
    said("conv_1", "before all", after="root")
    # More than fit into the gap between two, so that room must be made.
    for number in range(30):
        said("conv_1", f"between {number}", after=first.id)
    between = [f"between {number}" for number in reversed(range(30))]
    assert texts(conversations, "conv_1") == ["before all", "first", *between, "last"]
    with pytest.raises(UnknownMessage):
        said("conv_1", "behind nothing", after="item_999")
    assert conversations.find("conv_1").message_count == 33


def test_a_message_that_is_added_again_takes_the_place_of_what_it_was(
    conversations: Conversations, said: Say
) -> None:
    message = said("conv_1", "once")
    said("conv_1", "then")
    conversations.add_message(replace(message, text="twice"))
    assert texts(conversations, "conv_1") == ["twice", "then"]
    assert conversations.find("conv_1").message_count == 2
    assert [hit.conversation.id for hit in conversations.search("once")] == []


def test_the_same_message_id_in_two_conversations_is_two_messages(conversations: Conversations) -> None:
    for conversation_id in ("conv_1", "conv_2"):
        conversations.begin(conversation_id, at=NOON)
        conversations.add_message(
            MessageRecord("item_1", conversation_id, "user", conversation_id, False, "completed", None, NOON)
        )
    conversations.change_message("conv_1", "item_1", text="changed")
    assert texts(conversations, "conv_1") == ["changed"]
    assert texts(conversations, "conv_2") == ["conv_2"]


def test_a_removed_message_is_gone_and_not_found_any_more(conversations: Conversations, said: Say) -> None:
    message = said("conv_1", "unspoken zebra")
    kept = SpeechRecord("conv_1", message.id, 800, 1600, "wav")
    conversations.put_speech(kept)
    assert conversations.remove_message("conv_1", message.id) == kept
    assert texts(conversations, "conv_1") == []
    assert conversations.find("conv_1").message_count == 0
    assert conversations.search("zebra") == []
    assert conversations.speech_total() == 0
    with pytest.raises(UnknownMessage):
        conversations.remove_message("conv_1", message.id)


def test_the_list_is_read_in_pages_newest_first_and_none_is_missed(
    conversations: Conversations, said: Say
) -> None:
    # Several at the same minute: the order among them is kept as well.
    for number in range(12):
        said(f"conv_{number}", "hello", minutes=number // 3)
    pages, cursor = [], None
    while True:
        page = conversations.page(cursor, limit=5)
        pages.append([record.id for record in page.conversations])
        if cursor is None:
            # What begins meanwhile is not on the later pages, and moves nothing on them.
            said("conv_new", "hello", minutes=100)
        cursor = page.next
        if cursor is None:
            break
    assert pages == [
        ["conv_11", "conv_10", "conv_9", "conv_8", "conv_7"],
        ["conv_6", "conv_5", "conv_4", "conv_3", "conv_2"],
        ["conv_1", "conv_0"],
    ]
    assert conversations.page(limit=1).conversations[0].id == "conv_new"


@pytest.mark.parametrize("cursor", ["", "x", "1-", "-1", "fffffffffffffff-1", "1-1; DROP", "1-1\n", "\x00"])
def test_a_cursor_that_no_page_ended_with_is_refused(conversations: Conversations, cursor: str) -> None:
    with pytest.raises(BadCursor):
        conversations.page(cursor)


def test_opening_and_renaming_do_not_move_a_conversation_in_the_list(
    conversations: Conversations, said: Say
) -> None:
    said("conv_old", "hello", minutes=1)
    said("conv_new", "hello", minutes=2)
    before = conversations.page()
    conversations.whole("conv_old")
    conversations.rename("conv_old", "Another name", own=True)
    conversations.set_voice("conv_old", "joe")
    after = conversations.page()
    assert [record.id for record in after.conversations] == ["conv_new", "conv_old"]
    assert after.conversations[1] == replace(
        before.conversations[1], title="Another name", title_is_own=True, voice="joe"
    )


def test_a_title_that_a_person_gave_is_not_changed_by_itself(conversations: Conversations, said: Say) -> None:
    said("conv_1", "hello")
    assert conversations.rename("conv_1", "By itself", own=False).title == "By itself"
    assert conversations.rename("conv_1", "  My\x00own \n title ", own=True).title == "My own title"
    assert conversations.rename("conv_1", "By itself again", own=False).title == "My own title"


def test_a_deleted_conversation_is_gone_for_readers_until_it_is_restored(
    conversations: Conversations, said: Say
) -> None:
    said("conv_1", "a zebra")
    said("conv_2", "another zebra")
    conversations.delete("conv_1")
    for call in (
        conversations.find,
        conversations.messages,
        conversations.delete,
        lambda one: conversations.rename(one, "x", own=True),
        lambda one: conversations.set_voice(one, None),
    ):
        with pytest.raises(UnknownConversation):
            call("conv_1")
    assert [record.id for record in conversations.page().conversations] == ["conv_2"]
    assert [hit.conversation.id for hit in conversations.search("zebra")] == ["conv_2"]

    # Somebody still talks in it: nothing of that is lost if it is restored.
    said("conv_1", "said meanwhile")
    restored = conversations.restore("conv_1")
    assert restored == conversations.find("conv_1")
    assert texts(conversations, "conv_1") == ["a zebra", "said meanwhile"]
    assert conversations.restore("conv_1") == restored


def test_what_was_deleted_long_ago_is_taken_away_for_good(conversations: Conversations, said: Say) -> None:
    for name in ("conv_old", "conv_new", "conv_kept"):
        message = said(name, "a zebra")
        conversations.put_speech(SpeechRecord(name, message.id, 1000, 50, "wav"))
    conversations.delete("conv_old", at=NOON)
    conversations.delete("conv_new", at=NOON + timedelta(hours=2))
    purged = conversations.purge(NOON + timedelta(hours=1))
    assert purged.conversation_ids == ["conv_old"]
    assert [(one.conversation_id, one.bytes) for one in purged.speech] == [("conv_old", 50)]
    assert conversations.speech_total() == 100
    with pytest.raises(UnknownConversation):
        conversations.restore("conv_old")
    with pytest.raises(UnknownConversation):
        conversations.add_message(
            MessageRecord("late", "conv_old", "user", "too late", False, "completed", None, NOON)
        )
    conversations.restore("conv_new")
    assert {hit.conversation.id for hit in conversations.search("zebra")} == {"conv_new", "conv_kept"}
    assert conversations.purge(NOON + timedelta(hours=1)).conversation_ids == []


def test_what_a_killed_vox_left_in_progress_is_marked_as_interrupted(
    conversations: Conversations, said: Say
) -> None:
    conversations._database.presence.number = 1  # one that nobody has any longer
    said("conv_1", "Tell me a story")
    said("conv_1", "Once upon a", "assistant", state="in_progress")
    assert conversations.end_what_was_left() == 1
    assert [message.state for message in conversations.messages("conv_1")] == ["completed", "interrupted"]
    assert conversations.end_what_was_left() == 0


def test_kept_sounds_are_counted_and_the_oldest_known(conversations: Conversations, said: Say) -> None:
    records = []
    for number in range(3):
        message = said("conv_1", "hello")
        records.append(SpeechRecord("conv_1", message.id, 1000 * number, 100, "wav"))
        conversations.put_speech(records[-1])
    assert conversations.oldest_speech(2) == records[:2]
    # Kept anew, it is the youngest.
    conversations.put_speech(replace(records[0], bytes=70))
    assert conversations.oldest_speech(1) == records[1:2]
    assert (conversations.speech_total(), conversations.speech_count()) == (270, 3)
    assert conversations.speech("conv_1", records[0].message_id) == replace(records[0], bytes=70)
    assert conversations.messages("conv_1")[1].speech == records[1]
    assert conversations.remove_speech("conv_1", records[1].message_id) == records[1]
    assert conversations.remove_speech("conv_1", records[1].message_id) is None
    assert conversations.speech("conv_1", "item_none") is None
    with pytest.raises(UnknownMessage):
        conversations.put_speech(replace(records[0], message_id="item_none"))


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_text_is_kept_as_it_is(conversations: Conversations, said: Say, text: str) -> None:
    said("conv_1", text)
    assert texts(conversations, "conv_1") == [text]
    conversations.search(text)


@pytest.mark.parametrize("text", ["NUL \x00 inside", "half \ud83d a pair", "\udce9"])
def test_characters_that_no_database_holds_become_a_mark(
    conversations: Conversations, said: Say, text: str
) -> None:
    message = said("conv_1", text)
    conversations.change_message("conv_1", message.id, error=text)
    (kept,) = conversations.messages("conv_1")
    assert kept.text == kept.error == text.translate(dict.fromkeys((0, 0xD83D, 0xDCE9), "\ufffd"))
    conversations.set_voice("conv_1", text)
    conversations.rename("conv_1", text, own=True)
    assert conversations.search(text) or text == "\udce9"
    for call in (conversations.find, conversations.delete, conversations.messages):
        with pytest.raises(UnknownConversation):
            call(text)


def test_many_threads_write_at_once_and_nothing_is_lost(conversations: Conversations) -> None:
    conversations.begin("conv_1", at=NOON)
    problems: list[BaseException] = []

    def talk(name: str) -> None:
        try:
            for number in range(10):
                record = MessageRecord(
                    f"{name}_{number}", "conv_1", "user", "hello", False, "completed", None, NOON
                )
                conversations.add_message(record)
                conversations.change_message("conv_1", record.id, text="hello again", ended_at=NOON)
                conversations.page()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=talk, args=(f"thread_{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert conversations.find("conv_1").message_count == 40
    assert texts(conversations, "conv_1") == ["hello again"] * 40
