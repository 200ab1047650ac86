"""Search: what is found, in what order, and what is shown of it. The same in both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.archive.conversations import Conversations
from app.archive.records import Match, MessageRecord
from app.archive.search import MATCHES

Say = Callable[..., MessageRecord]


def found(conversations: Conversations, words: str, limit: int = 30) -> list[str]:
    return [hit.conversation.id for hit in conversations.search(words, limit)]


def marked(match: Match) -> str:
    """The snippet, with its hits in brackets."""
    return "".join(f"[{part.text}]" if part.is_hit else part.text for part in match.snippet)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Dragon sleeps.", "dragon"),
        ("The dragons sleep.", "DRAGON"),
        ("The dragon sleeps.", "dr"),
        ("The dragon sleeps.", "sleeps the"),
        ("The dragon sleeps.", '"dragon sleeps"'),
        ("The dragon sleeps.", '"the dragon sl'),
        ("Crème brûlée", "creme brulee"),
        ("creme brulee", "Crème Brûlée"),
        ("e\u0301clair", "éclair"),
        ("Straße", "strasse"),
        ("Ελληνικά", "ελληνικα"),
        ("ПРИВЕТ мир", "привет"),
        ("don't you", "don't"),
        ("C++ and C#, at 10:30 on 2026-11-21", "2026-11"),
        ("write to joe@example.org", "joe@exam"),
        ("see https://example.org/a/b?c=d", "example.org/a"),
        ("snake_case", "case"),
        ("我今天去东京大学看书", "东京"),
        ("我今天去东京大学看书", "京大学"),
        ("東京タワーへ行きました", "タワー"),
        ("ガラス", "カ\u3099ラ"),
        ("วันนี้อากาศดี", "อากาศ"),
        ("안녕하세요 여러분", "안녕"),
        ("नमस्ते दुनिया", "दुनिया"),
        ("שָׁלוֹם", "שלום"),
        ("مَرْحَبًا", "مرحبا"),
        ("happy birthday 🎂!", "🎂"),
        ("Ⅷ ½ ﬁne", "viii fine"),
    ],
)
def test_words_are_found(conversations: Conversations, said: Say, text: str, words: str) -> None:
    said("conv_other", "something else")
    said("conv_1", text)
    hits = conversations.search(words)
    assert [hit.conversation.id for hit in hits] == ["conv_1"]
    assert any(part.is_hit for part in hits[0].matches[0].snippet)
    # In a title as well.
    conversations.rename("conv_other", text, own=True)
    assert found(conversations, words) == ["conv_other", "conv_1"]


@pytest.mark.parametrize(
    "words",
    ["", "   ", '"', '""', "?!", "zebra", "ragon", '"sleeps dragon"', '"drag"', "dragon zebra", "a dragon",
     "' OR 1=1", "*", "NEAR(", "dragon AND NOT", "words:dragon zebra", "\x00", "%", "a:* & !b | (c", "\\"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(conversations: Conversations, said: Say, words: str) -> None:
    said("conv_1", "The dragon sleeps.")
    assert found(conversations, words) == []


def test_a_short_word_is_the_beginning_of_one_only_while_it_is_typed(
    conversations: Conversations, said: Say
) -> None:
    said("conv_1", "all dragons")
    said("conv_2", "a dragon")
    assert found(conversations, "a") == ["conv_2", "conv_1"]
    assert found(conversations, "a dragon") == ["conv_2"]
    assert found(conversations, "dragon a") == ["conv_2", "conv_1"]


def test_hits_are_shown_in_their_places_with_title_first(conversations: Conversations, said: Say) -> None:
    said("conv_1", "Tell me of a dragon, or of two DRAGONS")
    answer = said("conv_1", "No.", "assistant")
    conversations.change_message("conv_1", answer.id, text="There was\n\na dragon.")
    conversations.rename("conv_1", "The Dragon <b>", own=False)
    (hit,) = conversations.search("dragon")
    assert [(match.role, marked(match)) for match in hit.matches] == [
        (None, "The [Dragon] <b>"),
        ("user", "Tell me of a [dragon], or of two [DRAGONS]"),
        ("assistant", "There was a [dragon]."),
    ]
    assert hit.matches[0].message_id is None
    assert [match.message_id for match in hit.matches[1:]] == ["item_1", "item_2"]
    assert hit.conversation == conversations.find("conv_1")


def test_titles_come_first_and_the_rest_newest_first(conversations: Conversations, said: Say) -> None:
    for number in range(8):
        said(f"conv_{number}", "a zebra")
    for number in range(3):
        conversations.rename(f"conv_{number}", "Zebras", own=False)
    assert found(conversations, "zebra") == [f"conv_{number}" for number in (2, 1, 0, 7, 6, 5, 4, 3)]
    # Titles leave room for the others.
    assert found(conversations, "zebra", limit=4) == ["conv_2", "conv_1", "conv_7", "conv_6"]
    assert found(conversations, "zebra", limit=1) == ["conv_2"]


def test_a_long_conversation_full_of_a_word_hides_no_other(
    conversations: Conversations, said: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.archive.search.ROUND", 5)
    said("conv_old", "the zebra")
    for _ in range(40):
        said("conv_long", "the same again")
    said("conv_new", "the end")
    hits = conversations.search("the")
    assert [hit.conversation.id for hit in hits] == ["conv_new", "conv_long", "conv_old"]
    assert [len(hit.matches) for hit in hits] == [1, MATCHES, 1]
    newest = [match.message_id for match in hits[1].matches]
    assert newest == [message.id for message in conversations.messages("conv_long")[-MATCHES:]]


def test_words_at_the_end_of_a_very_long_text_are_found(conversations: Conversations, said: Say) -> None:
    said("conv_1", "word " * 9_000 + "and then the zebra")
    (hit,) = conversations.search("zebra")
    assert marked(hit.matches[0]).endswith("and then the [zebra]")
    assert marked(hit.matches[0]).startswith("…")


def test_a_text_of_any_size_costs_a_bounded_index(conversations: Conversations, said: Say) -> None:
    said("conv_1", "zebra " + "x" * 1_000_000)
    said("conv_2", " ".join(f"word{number}" for number in range(100_000)))
    said("conv_3", "東京" * 100_000)
    assert found(conversations, "zebra") == ["conv_1"]
    assert found(conversations, "word9999") == ["conv_2"]
    assert found(conversations, "京東") == ["conv_3"]


def test_a_search_of_any_length_is_answered(conversations: Conversations, said: Say) -> None:
    said("conv_1", "the " * 50)
    assert found(conversations, "the " * 100_000) == ["conv_1"]
    assert found(conversations, '"' * 1000) == []
    assert found(conversations, "the" + "x" * 1000) == []
