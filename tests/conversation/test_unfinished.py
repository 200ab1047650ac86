"""Words after which more is to come."""

import pytest

from app.conversation.unfinished import looks_unfinished


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
        "Pi is 3.14",
        "¿Qué hora es ahora?",
        "",
    ],
)
def test_a_whole_one_is_not(words: str) -> None:
    assert not looks_unfinished(words)
