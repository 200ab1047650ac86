"""Paralinguistic tags reach the voices that can speak them, and nobody else."""

from __future__ import annotations

import random

import pytest

from app.tts.tags import CHATTERBOX_TAGS, strip_tags, tag_named, without_tags

NONE: frozenset[str] = frozenset()

#: What it is, the text, what a voice without tags gets, what Chatterbox Turbo gets.
CASES = [
    ("no tag", "Hello there.", "Hello there.", "Hello there."),
    ("in the middle", "Hello [laugh] there.", "Hello there.", "Hello [laugh] there."),
    ("at the start", "[sigh] Well.", "Well.", "[sigh] Well."),
    ("at the end", "Well. [sigh]", "Well.", "Well. [sigh]"),
    ("of two words", "[clear throat] Well.", "Well.", "[clear throat] Well."),
    ("before a mark", "Funny [chuckle], yes.", "Funny, yes.", "Funny [chuckle], yes."),
    ("without spaces", "Funny[chuckle]Yes.", "FunnyYes.", "Funny[chuckle]Yes."),
    ("two together", "A [laugh] [sigh] b", "A b", "A [laugh] [sigh] b"),
    ("two touching", "[laugh][sigh]!", "!", "[laugh][sigh]!"),
    ("on a line of its own", "One.\n[laugh] \nTwo.", "One.\n\nTwo.", "One.\n[laugh] \nTwo."),
    ("another spelling", "[Laughs softly] [CLEARS THROAT] A.", "A.", "[laugh] [clear throat] A."),
    ("one nobody can speak", "[giggle] A [whispering] b.", "A b.", "A b."),
    ("a manner of speaking", "[angry] No.", "No.", "No."),
    ("a reference", "As shown [1], [see below] and [laughable].", None, None),
    ("a link", "[laugh](https://example.com) [sigh] x", "[laugh](https://example.com) x", None),
    ("empty brackets", "[] [ ] [-] [ly]", None, None),
    ("a bracket that never closes", "Well [laugh", None, None),
    ("a long bracket", f"[{'laugh ' * 20}]", None, None),
    ("nested brackets", "[[see]]", None, None),
    ("spaces of its own", "a  b   c ", None, None),
    ("emphasis, not a tag", "*laughs* (sighs)", None, None),
    ("nothing but a tag", "[laugh]", "", "[laugh]"),
    ("nothing", "", "", ""),
]
TEXTS = pytest.mark.parametrize(
    ("text", "plain", "chatterbox"),
    [
        (text, text if plain is None else plain, text if chatterbox is None else chatterbox)
        for _, text, plain, chatterbox in CASES
    ],
    ids=[case[0] for case in CASES],
)


@TEXTS
def test_only_tags_that_the_voice_can_speak_stay(text: str, plain: str, chatterbox: str) -> None:
    assert strip_tags(text, NONE) == plain
    assert strip_tags(text, CHATTERBOX_TAGS) == chatterbox


@TEXTS
def test_where_the_stream_is_cut_makes_no_difference(text: str, plain: str, chatterbox: str) -> None:
    for cut in range(len(text) + 1):
        assert "".join(without_tags([text[:cut], text[cut:]], NONE)) == plain
    assert "".join(without_tags(list(text), CHATTERBOX_TAGS)) == chatterbox


def test_text_is_passed_on_at_once() -> None:
    pieces = ["Hel", "lo", " wor", "ld [", "sigh", "] a", "gain [x", "]"]

    # Only spaces, and what may be a tag, wait for the next piece.
    assert list(without_tags(pieces, NONE)) == ["Hel", "lo", " wor", "ld", " a", "gain", " [x]"]


def test_every_chatterbox_tag_survives_its_own_voice() -> None:
    text = "".join(f"Yes [{tag}] no. " for tag in sorted(CHATTERBOX_TAGS)).strip()

    assert strip_tags(text, CHATTERBOX_TAGS) == text
    assert strip_tags(text, NONE) == " ".join(["Yes no."] * len(CHATTERBOX_TAGS))


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("laugh", "laugh"),
        ("Laughing", "laugh"),
        ("sighs deeply", "sigh"),
        ("clear_throat", "clear throat"),
        ("throat-clearing", "clear throat"),
        ("see below", None),
        ("1", None),
        ("", None),
        ("only", None),
    ],
)
def test_a_tag_is_known_by_the_names_that_models_give_it(name: str, tag: str | None) -> None:
    assert tag_named(name) == tag


@pytest.mark.parametrize("flood", ["[", " ", "[laugh", "[laugh]", "a [", "[ ", "[laugh] "])
def test_a_flood_takes_one_pass(flood: str) -> None:
    text = flood * (200_000 // len(flood))
    kept = "".join(without_tags((text[i : i + 3] for i in range(0, len(text), 3)), NONE))

    assert kept == ("" if "]" in flood else text)


def test_random_brackets_never_break_it() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(chance.choices(["[", "]", " ", "laugh", "sigh", ".", "\n", "(", "x"], k=30))
        whole = strip_tags(text, CHATTERBOX_TAGS)
        assert "".join(without_tags(list(text), CHATTERBOX_TAGS)) == whole
        assert whole.replace(" ", "") == text.replace(" ", "")
