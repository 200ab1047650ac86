"""Reasoning is kept out of the reply, however the stream is cut."""

from __future__ import annotations

import random

import pytest

from app.llm.reasoning import without_reasoning

CASES = [
    (
        "no tags at all",
        "Hello there. 3 < 4, a<b and <b>bold</b>.",
        "Hello there. 3 < 4, a<b and <b>bold</b>.",
    ),
    ("a block before the answer", "<think>Let me see.</think>Hello.", "Hello."),
    ("white space around a first block", "\n<think>\nLet me see.\n</think>\n\nHello.", "Hello."),
    ("an empty block", "<think>\n\n</think>\n\nHello.", "Hello."),
    ("the other names", "<thinking>a</thinking>One. <reasoning>b</reasoning>Two.", "One. Two."),
    ("any case", "<THINK>a</Think>Hello.", "Hello."),
    ("a block between words leaves one space", "Hello <think>a</think> there.", "Hello there."),
    ("a block between paragraphs leaves their break", "One.\n\n<think>a</think>\n\nTwo.", "One.\n\nTwo."),
    ("several blocks", "<think>a</think>One <think>b</think>two.", "One two."),
    ("tags inside reasoning", "<think>a <b>x</b> < y <think> z</think>Hello.", "Hello."),
    ("code inside reasoning", "<think>call `x`</think>Hello.", "Hello."),
    ("reasoning that never closes", "Hello. <think>And now", "Hello."),
    ("nothing but reasoning", "<think>Hm", ""),
    ("a lone closing tag at the start", "\n</think>\n\nHello.", "Hello."),
    ("a lone closing tag after text", "So I say:\n</think>\n\nHello.", "So I say:\nHello."),
    (
        "tags written as code",
        "Models write `<think>` and `</think>`.",
        "Models write `<think>` and `</think>`.",
    ),
    ("a tag that breaks off at the end", "Hello <thi", "Hello <thi"),
    ("something that only begins like a tag", "a <thinker> <<think>x</think>b", "a <thinker> <b"),
    ("nothing", "", ""),
    ("only white space", " \n ", " \n "),
]
TEXTS = pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])


def pieces_of(text: str, seed: int) -> list[str]:
    """``text`` in pieces of random lengths."""
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(len(text) + 1), k=chance.randint(0, len(text))))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@TEXTS
def test_reasoning_is_dropped_and_the_answer_kept(text: str, expected: str) -> None:
    assert "".join(without_reasoning([text])) == expected


@TEXTS
def test_where_the_stream_is_cut_makes_no_difference(text: str, expected: str) -> None:
    for cut in range(len(text) + 1):
        assert "".join(without_reasoning([text[:cut], text[cut:]])) == expected
    for seed in range(20):
        assert "".join(without_reasoning(pieces_of(text, seed))) == expected


def test_a_block_that_the_prompt_opened_is_dropped_up_to_its_closing_tag() -> None:
    assert "".join(without_reasoning(["Let me ", "see.\n</th", "ink>\n\nHello."], opened=True)) == "Hello."


def test_an_opening_tag_does_no_harm_where_the_prompt_opened_the_block() -> None:
    assert "".join(without_reasoning(["<think>Let me see.</think>Hello."], opened=True)) == "Hello."


def test_text_is_passed_on_at_once() -> None:
    pieces = ["Hel", "lo", " wor", "ld. ", "a <", "b"]

    # Only the space before a word, and what may be a tag, wait for the next piece.
    assert list(without_reasoning(pieces)) == ["Hel", "lo", " wor", "ld.", " a", " <b"]


def test_pieces_of_reasoning_give_nothing_not_even_empty_strings() -> None:
    assert list(without_reasoning(["<think>", "a", "b", "</think>", "Yes."])) == ["Yes."]


@pytest.mark.parametrize("flood", ["<", "<think", " ", "a<", "<think>", "</think>", "\n"])
def test_a_flood_takes_one_pass(flood: str) -> None:
    text = flood * (200_000 // len(flood))
    kept = sum(map(len, without_reasoning(text[i : i + 3] for i in range(0, len(text), 3))))
    assert kept == (0 if flood.endswith("k>") else len(text))
