"""What the language model is told, and what of a conversation is left where all is too much."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

import pytest

from app.engines import Message
from app.llm.prompt import OMISSION, estimated_tokens, fit, system_prompt
from app.offline_pack import brain_model

SYSTEM = Message("system", "Be brief.")


def said(count: int) -> list[Message]:
    """``count`` questions, each answered but the last."""
    pairs = [
        (Message("user", f"Question {n}, please?"), Message("assistant", f"Answer {n}, sure."))
        for n in range(count)
    ]
    return [message for pair in pairs for message in pair][:-1]


def cost(messages: list[Message]) -> int:
    return sum(estimated_tokens(message.text) + 8 for message in messages)


# ----- the system prompt


def test_the_prompt_asks_for_answers_that_can_be_spoken() -> None:
    prompt = system_prompt("", frozenset(), False)
    assert "spoken aloud" in prompt
    assert "No markdown" in prompt
    assert "[" not in prompt


def test_sounds_are_offered_only_where_the_voice_can_make_them() -> None:
    tags = frozenset({"sigh", "laugh"})
    assert "[laugh], [sigh]" in system_prompt("", tags, False)
    assert "[laugh], [sigh]" in system_prompt("You are a pirate.", tags, False)


def test_own_instructions_take_the_prompts_place() -> None:
    assert system_prompt("You are a pirate.", frozenset(), False) == "You are a pirate."
    assert system_prompt("You are a pirate.", frozenset(), True) == "You are a pirate."


def test_the_demo_brain_gets_one_short_sentence() -> None:
    prompt = system_prompt("", frozenset({"laugh"}), True)
    assert len(prompt) < 80
    assert prompt.count(".") == 1


# ----- fitting


def test_a_conversation_that_fits_is_told_whole() -> None:
    conversation = [SYSTEM, *said(3)]
    assert fit(conversation, 4096, 400) == conversation


def test_the_oldest_go_first_and_the_assistant_never_begins() -> None:
    for context in range(140, 700, 7):
        kept = fit([SYSTEM, *said(20)], context, 60)
        assert kept[0] == SYSTEM
        assert kept[1].role == "user"
        assert kept[1:] == said(20)[-len(kept[1:]) :]
        assert cost(kept) <= context - 60
    assert len(kept) > 10


def test_a_last_message_that_is_too_long_keeps_its_beginning_and_end() -> None:
    text = "It begins here. " + "Then it goes on and on. " * 2000 + "It ends here."
    kept = fit([SYSTEM, *said(3), Message("assistant", "Sure."), Message("user", text)], 512, 100)
    assert len(kept) == 2
    assert kept[-1].text.startswith("It begins here.")
    assert kept[-1].text.endswith("It ends here.")
    assert OMISSION in kept[-1].text
    assert 300 < cost(kept) <= 412


def test_a_system_prompt_that_is_too_long_leaves_room_for_the_question() -> None:
    question = Message("user", "Are you there?")
    kept = fit([Message("system", "Rules. " * 20_000), question], 512, 100)
    assert kept[-1] == question
    assert OMISSION in kept[0].text
    assert cost(kept) <= 412


def test_a_reply_as_long_as_the_window_leaves_half_of_it_to_the_prompt() -> None:
    kept = fit([SYSTEM, *said(20)], 400, 4096)
    assert len(kept) > 3
    assert cost(kept) <= 200


def test_messages_take_turns_whatever_was_interrupted() -> None:
    conversation = [
        SYSTEM,
        Message("assistant", "Hello."),
        Message("user", "One."),
        Message("assistant", " "),
        Message("user", "Two."),
        Message("system", "Speak French."),
        Message("assistant", "Oui."),
        Message("user", "Three."),
    ]
    assert fit(conversation, 4096, 400) == [
        Message("system", "Be brief.\nSpeak French."),
        Message("user", "One.\nTwo."),
        Message("assistant", "Oui."),
        Message("user", "Three."),
    ]


def test_an_absurdly_small_window_still_gives_a_question() -> None:
    kept = fit([SYSTEM, Message("user", "word " * 1000)], 20, 10)
    assert [message.role for message in kept] == ["system", "user"]


# ----- estimating


@pytest.fixture(scope="module")
def counted() -> Callable[[str], int]:
    """Counts the tokens of a text with SmolLM2's own vocabulary."""
    model_file = brain_model()
    if model_file is None:
        pytest.skip("the offline pack is not installed")
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file)
    parameters.n_ctx = 256
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)

    def count(text: str) -> int:
        body = json.dumps({"content": text}).encode()
        request = urllib.request.Request(
            f"{server.listening_address}/tokenize", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return len(json.load(answer)["tokens"])

    return count


@pytest.mark.parametrize(
    "text",
    [
        "Please tell me a story about a dragon who was afraid of the dark. He lived alone on a hill.",
        "Könnten Sie mir bitte erklären, weshalb der Himmel am Abend manchmal rötlich leuchtet?",
        "Où est-ce que j'ai laissé mes clés hier soir, après être rentré du théâtre avec mes amis?",
        "Расскажи мне, пожалуйста, почему небо вечером бывает красным, хотя днём оно голубое?",
        "请告诉我为什么天空在傍晚有时会变成红色，而白天却是蓝色的？",
        "空が夕方に赤くなるのはなぜですか。昼間は青いのに、不思議です。",
        "من فضلك أخبرني لماذا تكون السماء حمراء في المساء أحيانا مع أنها زرقاء في النهار؟",
        "कृपया मुझे बताइए कि शाम को आसमान लाल क्यों हो जाता है।",
        "Call 555-0199 or 1234567890 at 10:45 on 2026-11-22, pi is 3.14159265358979.",
        "for (int i = 0; i < n; ++i) { a[i] += b[i] * c; } // done\n\treturn a;",
        "!!! ... ??? --- ((())) *** &&& %%%",
    ],
)
def test_tokens_are_estimated_as_rather_too_many(counted: Callable[[str], int], text: str) -> None:
    assert counted(text) <= estimated_tokens(text) <= 2.7 * counted(text)
