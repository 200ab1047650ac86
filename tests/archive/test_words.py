"""What a word is: the same whether a text is indexed, looked for, or shown with its hits."""

from __future__ import annotations

import string
import unicodedata

import pytest

from app.archive.query import terms_of
from app.archive.snippets import LENGTH, snippet
from app.archive.words import MAX_WORD, MAX_WORDS, places_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("Crème Brûlée", ["creme", "brulee"]),
        ("don't 3.14 a_b", ["don", "t", "3", "14", "a", "b"]),
        ("東京タワー", list("東京タワー")),
        ("ガ", ["カ", "\u3099"]),
        ("mix東京mix", ["mix", "東", "京", "mix"]),
        ("🎂🎂 👩‍👧", ["🎂", "🎂", "👩", "👧"]),
        ("हिन्दी", ["हिन्दी"]),
        ("İstanbul", ["istanbul"]),
        ("", []),
        ("?!… —", []),
    ],
)
def test_a_text_has_these_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words
    assert [word for word, _, _ in places_of(text)] == words


def test_words_and_their_places_agree_on_every_character_there_is() -> None:
    # Beyond is what no version of Unicode has assigned yet, or is private.
    everything = [chr(code) for code in range(0x32400) if not 0xD800 <= code < 0xF900]
    for start in range(0, len(everything), 5000):
        text = "x".join(everything[start : start + 5000]) + string.printable
        assert [word for word, _, _ in places_of(text)] == words_of(text)


def test_composed_and_decomposed_letters_are_the_same_words() -> None:
    text = "".join(chr(code) for code in range(0x20, 0x3400) if chr(code).isalnum() or chr(code) == " ")
    for form in ("NFC", "NFD"):
        assert words_of(unicodedata.normalize(form, "が Å é ệ 각 " + text[:500])) == words_of(
            "が Å é ệ 각 " + text[:500]
        )


def test_a_words_place_is_where_it_is_written() -> None:
    text = "One ÉCLAIR, zwei Straßen; 東京."
    assert [(word, text[begin:end]) for word, begin, end in places_of(text)] == [
        ("one", "One"),
        ("eclair", "ÉCLAIR"),
        ("zwei", "zwei"),
        ("strassen", "Straßen"),
        ("東", "東"),
        ("京", "京"),
    ]


def test_a_text_of_any_size_has_a_bounded_number_of_bounded_words() -> None:
    for text in ("word " * 500_000, "東" * 500_000, "x" * 500_000):
        words = words_of(text)
        assert len(words) <= MAX_WORDS
        assert max(map(len, words)) <= MAX_WORD
        assert [word for word, _, _ in places_of(text)] == words


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("Hello wor", [(("hello",), True), (("wor",), True)]),
        ("a dr", [(("a",), False), (("dr",), True)]),
        ('"New York" hotel', [(("new", "york"), False), (("hotel",), True)]),
        ('say "not yet closed', [(("say",), True), (("not",), True), (("yet",), True), (("closed",), True)]),
        (
            "one two six ten el",
            [((word,), False) for word in ("one", "two", "six", "ten")] + [(("el",), True)],
        ),
        ("don't", [(("don", "t"), True)]),
        ('"" "?" !', []),
    ],
)
def test_what_is_typed_becomes_terms(typed: str, terms: list[tuple[tuple[str, ...], bool]]) -> None:
    assert [(term.words, term.is_beginning) for term in terms_of(typed)] == terms


def test_a_snippet_is_a_short_line_around_its_hit() -> None:
    text = "before " * 100 + "\n\nthe   zebra\t" + "after " * 100
    parts = snippet(text, terms_of("zebra"))
    line = "".join(part.text for part in parts)
    assert line.startswith("…before")
    assert " the zebra after " in line
    assert line.endswith("after…")
    assert len(line) <= LENGTH + 2
    assert [part.text for part in parts if part.is_hit] == ["zebra"]


@pytest.mark.parametrize(
    "text", ["x" * 5000, "東京" * 2000, "a " * 2000, "", "zebra", " zebra ", "zebra" * 900]
)
def test_a_snippet_of_anything_is_short(text: str) -> None:
    for looked_for in ("zebra", "x", "東京", "a"):
        parts = snippet(text, terms_of(looked_for))
        assert len("".join(part.text for part in parts)) <= LENGTH + 2
        assert all(part.text for part in parts)


def test_hits_that_overlap_are_marked_once() -> None:
    parts = snippet("New York, New York City", terms_of('"new york" york "york city"'))
    assert [(part.text, part.is_hit) for part in parts] == [
        ("New York", True),
        (", ", False),
        ("New York City", True),
    ]
