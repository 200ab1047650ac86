"""Words after which more is to come."""

import pytest

from app.conversation.unfinished import looks_asked, looks_unfinished


@pytest.mark.parametrize(
    "words",
    [
        "I was thinking about",
        "Could you tell me what the?",
        "My favorite food is...",
        "If it rains tomorrow then.",
        "Well, the thing is",
        "Please tell me,",
        "Ich möchte wissen, ob.",
        "Je voudrais savoir si",
        "Where did I leave my-",
        "It's like",
        "Well.",
        "Could you tell me?",
        "Hello there. I would like to know.",
        "How can I?",
        "My name is",
        "Where do you come from and",
        "If I travel to Italy in May.",
        "I have a plan. So, if it rains tomorrow.",
        "Wenn es morgen regnet.",
    ],
)
def test_a_sentence_that_stops_in_its_middle_is_unfinished(words: str) -> None:
    assert looks_unfinished(words)


@pytest.mark.parametrize(
    "words",
    [
        "What is the capital of France?",
        "Stop.",
        "Me too",
        "Why is the sky blue?",
        "Tell me a story",
        "A",
        "Where does chocolate come from?",
        "What are you thinking of?",
        "I would like to know how old the earth is.",
        "Pi is 3.14",
        "¿Qué hora es ahora?",
        "If it rains, we stay here.",
        "If we go now will we be there in time?",
        "Si.",
        "",
    ],
)
def test_a_whole_one_is_not(words: str) -> None:
    assert not looks_unfinished(words)


@pytest.mark.parametrize(
    "words",
    [
        "Why do we dream?",
        "I cannot sleep. What would you do?",
        "Where does chocolate come from?",
        "你叫什么 名字 呢？",
    ],
)
def test_a_question_was_asked(words: str) -> None:
    assert looks_asked(words)


@pytest.mark.parametrize(
    "words", ["Could you tell me?", "How can I?", "Why do we dream.", "What?", "What is the?", ""]
)
def test_what_only_begins_one_was_not(words: str) -> None:
    assert not looks_asked(words)
