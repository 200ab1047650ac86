"""What is said is written as the turn goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.archive.export import as_json, as_markdown
from app.archive.records import MessageRecord
from app.engines import ReplyCutShort
from app.keeping.conversation import now
from tests.conversation.scripted import Hanging, says
from tests.keeping.conftest import House
from tests.waiting import wait_until


def state_of(message: MessageRecord) -> tuple[str, str, str]:
    return message.role, message.text, message.state


def test_an_exchange_is_kept_when_it_has_been_heard(house: House) -> None:
    tab = house.tab()
    tab.ask("Do I need a coat?")
    wait_until(lambda: house.kept(tab.id)[-1].state == "completed")
    assert [state_of(message) for message in house.kept(tab.id)] == [
        ("user", "Do I need a coat?", "completed"),
        ("assistant", "It rains. Take a coat.", "completed"),
    ]
    question, answer = house.kept(tab.id)
    assert question.created_at <= answer.created_at
    assert answer.ended_at is not None
    assert answer.ended_at >= answer.created_at


def test_a_reply_is_kept_no_further_than_it_has_begun_to_be_heard(house: House) -> None:
    house.voice._samples = 24_000  # a second a letter: the second phrase is far away
    first = "The first sentence takes its time to be said aloud."
    house.answers(hanging := Hanging(f"{first} ", "And nobody has heard that of the second one. ", "No."))
    tab = house.tab()
    tab.type("Go on")
    tab.session.create_response()
    tab.ear.until("vox.phrase", 2)
    assert hanging.is_hanging.wait(20)
    wait_until(lambda: house.texts(tab.id)[1:] == [first])
    assert house.kept(tab.id)[1].state == "in_progress"

    tab.session.close()
    assert state_of(house.kept(tab.id)[1]) == ("assistant", first, "interrupted")
    assert house.kept(tab.id)[1].ended_at is not None


def test_who_leaves_while_the_last_phrases_sound_has_not_heard_them(house: House) -> None:
    house.voice._samples = 24_000
    first, second = (
        "The first sentence takes its time to be said aloud.",
        "And nobody has heard a thing of the second one.",
    )
    house.answers(says(f"{first} ", second))
    tab = house.tab()
    assert tab.ask("Go on").response.status == "completed"
    assert house.kept(tab.id)[1].state == "in_progress"  # it has been made, and not yet heard
    tab.session.close()
    (_, reply) = house.kept(tab.id)
    assert state_of(reply) == ("assistant", first, "interrupted")
    assert reply.unheard == f" {second}"


def test_what_the_client_says_was_heard_is_what_is_kept(house: House) -> None:
    house.voice._samples = 2_400  # a tenth of a second a letter
    house.answers(says("One two three four five six seven eight nine ten."))
    tab = house.tab()
    tab.ask("Count")
    reply = house.kept(tab.id)[1]
    tab.session.truncate_item(reply.id, 0, 1_300)
    assert state_of(house.kept(tab.id)[1]) == ("assistant", "One two three", "interrupted")


def test_words_that_were_never_heard_are_kept_for_the_eye_alone(house: House) -> None:
    house.voice._samples = 2_400
    house.answers(hanging := Hanging("One two three four five six seven. ", "Eight nine ten"))
    tab = house.tab()
    tab.type("Count")
    tab.session.create_response()
    assert hanging.is_hanging.wait(20)
    tab.ear.until("response.output_audio.delta")
    tab.session.cancel_response()
    reply = house.kept(tab.id)[1]
    tab.session.truncate_item(reply.id, 0, 1_300)
    reply = house.kept(tab.id)[1]
    assert (reply.text, reply.unheard) == ("One two three", " four five six seven. Eight nine ten")

    again = house.tab(tab.id)
    house.answers(says("Ten."))
    again.ask("What comes then?")
    told = [[message.text for message in prompt][-3:] for prompt in house.brain.prompts]
    assert ["Count", "One two three …", "What comes then?"] in told
    assert house.archive.conversations.search("eight") == []
    record, messages = house.archive.conversations.whole(tab.id)
    assert "ight" not in as_markdown(record, messages) + as_json(record, messages, now())


def test_a_reply_of_which_nothing_was_heard_is_not_kept(house: House) -> None:
    house.voice._before = lambda phrase: tab.session.cancel_response()
    tab = house.tab()
    assert tab.ask("Hello").response.status == "cancelled"
    assert house.texts(tab.id) == ["Hello"]


def test_a_text_reply_is_kept_as_it_was_written(house: House) -> None:
    tab = house.tab()
    tab.session.update({"output_modalities": ["text"]})
    tab.ask("Do I need a coat?")
    assert state_of(house.kept(tab.id)[1]) == ("assistant", "It rains. Take a coat.", "completed")
    assert not house.kept(tab.id)[1].is_audio


def test_a_failed_reply_says_why(house: House) -> None:
    def fails(stop: object) -> object:
        raise RuntimeError
        yield

    house.answers(fails)  # type: ignore[arg-type]
    tab = house.tab()
    assert tab.ask("Hello").response.status == "failed"
    _, reply = house.kept(tab.id)
    assert state_of(reply) == ("assistant", "", "failed")
    assert "went wrong" in (reply.error or "")

    house.answers(says("Now I can."))
    tab.ask("Again")
    wait_until(lambda: house.texts(tab.id) == ["Hello", "", "Again", "Now I can."])


def test_a_reply_that_became_too_long_says_so(house: House) -> None:
    def is_cut_short(stop: object) -> Iterator[str]:
        yield "It rains. And"
        raise ReplyCutShort("The reply reached its longest.")

    house.answers(is_cut_short)
    tab = house.tab()
    assert tab.ask("Tell me all about the weather.").response.status == "incomplete"
    wait_until(lambda: state_of(house.kept(tab.id)[1]) == ("assistant", "It rains. And", "completed"))
    assert "cut off at its longest length" in (house.kept(tab.id)[1].error or "")


def test_spoken_words_are_kept_once_they_are_known(house: House) -> None:
    tab = house.tab()
    tab.session.append_audio(np.full(24_000, 3_000, "<i2").tobytes())
    tab.session.commit_audio()
    tab.ear.until("conversation.item.done")
    (message,) = house.kept(tab.id)
    assert state_of(message) == ("user", house.heard, "completed")
    assert message.is_audio


def test_what_was_recorded_before_it_was_typed_comes_before_it(house: House) -> None:
    until_typed = Hanging()

    def hears(stop: object) -> object:
        until_typed.is_hanging.wait(20)
        yield "First I said this."

    house.models.stt.wait()._script = hears  # type: ignore[attr-defined]
    tab = house.tab()
    tab.type("Hello", "item_a")
    tab.session.append_audio(np.full(24_000, 3_000, "<i2").tobytes())
    tab.session.commit_audio()
    tab.type("And then I typed this.")
    until_typed.is_hanging.set()
    tab.ear.until("conversation.item.input_audio_transcription.completed")
    assert house.texts(tab.id) == ["Hello", "First I said this.", "And then I typed this."]


def test_a_deleted_item_is_removed(house: House) -> None:
    tab = house.tab()
    tab.type("Keep this", "item_a")
    tab.type("Not this", "item_b")
    tab.session.delete_item("item_b")
    assert house.texts(tab.id) == ["Keep this"]


def test_nothing_is_kept_where_that_is_not_wanted(house: House) -> None:
    house.set(keep_conversations=False)
    tab = house.tab()
    assert not tab.ear.of("vox.conversation")[0].kept
    tab.ask("A secret")
    assert house.desk.writer.settle(20)
    assert house.archive.conversations.page().conversations == []

    house.set(keep_conversations=True)
    house.desk.settings_changed()
    assert tab.ear.until("vox.conversation", 2).kept
    tab.type("No secret")
    assert house.texts(tab.id) == ["No secret"]
