"""The pack's own language model, running in this process."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import psutil
import pytest

from app.conversation.stop import StopFlag
from app.engines import INTERRUPTED, EngineError, Message, ReplyCutShort
from app.llm.builtin import BuiltinBrain
from app.llm.prompt import system_prompt
from app.offline_pack import brain_model
from app.progress import Progress


def prompt(question: str) -> list[Message]:
    return [Message("system", system_prompt("", frozenset(), True)), Message("user", question)]


def reply(brain: BuiltinBrain, question: str, max_tokens: int = 60) -> str:
    return "".join(brain.reply(prompt(question), StopFlag(), max_tokens))


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


def test_it_answers_a_question(small_brain: BuiltinBrain) -> None:
    assert "Paris" in reply(small_brain, "What is the capital of France?")


def test_it_says_the_same_thing_twice(small_brain: BuiltinBrain) -> None:
    question = "Which animal says moo?"
    assert reply(small_brain, question) == reply(small_brain, question) != ""


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("The sea is", []),
        ("The sea is deep. It is", [Message("assistant", "The sea is deep.")]),
    ],
)
def test_it_does_not_learn_to_break_off_from_being_interrupted(
    small_brain: BuiltinBrain, heard: str, kept: list[Message]
) -> None:
    system, question = prompt("Why is the sky blue?")
    before = Message("user", "Tell me something about the sea.")
    interrupted = [system, before, Message("assistant", heard + INTERRUPTED), question]
    whole = [system, *([before, *kept] if kept else []), question]
    answers = [
        "".join(islice(small_brain.reply(messages, StopFlag(), 200), 10)) for messages in (interrupted, whole)
    ]
    assert answers[0] == answers[1]
    assert "…" not in answers[0]


def test_a_long_story_does_not_go_round_in_circles(small_brain: BuiltinBrain) -> None:
    story = reply(small_brain, "Tell me a long story about a fox and a river, in ten sentences.", 400)
    sentences = Counter(re.split(r"(?<=[.!?])\s+", story))
    assert len(sentences) >= 3
    assert max(sentences.values()) <= 2


def test_a_long_reply_is_cut_at_its_longest_length(small_brain: BuiltinBrain) -> None:
    pieces = small_brain.reply(prompt("Tell me a long story about a dragon."), StopFlag(), 12)
    said = [next(pieces)]
    with pytest.raises(ReplyCutShort):
        said.extend(pieces)
    assert "".join(said)


def test_a_stop_ends_a_reply_and_frees_the_model_for_the_next(small_brain: BuiltinBrain) -> None:
    for _ in range(3):  # more often than there are slots
        stop = StopFlag()
        pieces = small_brain.reply(prompt("Count from one to a thousand."), stop, 1500)
        next(pieces)
        stop.set()
        assert list(pieces) == []
    assert "Paris" in reply(small_brain, "What is the capital of France?")


def test_conversations_do_not_mix(small_brain: BuiltinBrain) -> None:
    questions = ["What is the capital of France?", "What is the capital of Italy?"] * 2
    alone = [reply(small_brain, question) for question in questions]
    with ThreadPoolExecutor(len(questions)) as pool:
        together = list(pool.map(lambda question: reply(small_brain, question), questions))
    for apart, beside in zip(alone, together, strict=True):
        assert ("Paris" in apart) == ("Paris" in beside)
    assert "Paris" in together[0]


def test_only_this_process_can_use_it(small_brain: BuiltinBrain) -> None:
    assert small_brain._chat is not None
    body = b'{"messages": [{"role": "user", "content": "Hi"}]}'
    request = urllib.request.Request(
        f"{small_brain._chat.device}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=20)


def test_unloading_frees_its_memory_and_address_again_and_again(small_brain: BuiltinBrain) -> None:
    model_file = brain_model()
    assert model_file is not None
    brain = BuiltinBrain(model_file)
    freed = []
    for _ in range(3):
        brain.load(Progress())
        assert brain._chat is not None
        address = brain._chat.device
        assert reply(brain, "Hello.")
        loaded = resident()
        brain.unload()
        freed.append(loaded - resident())
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(address, timeout=20)
    assert min(freed) > model_file.stat().st_size // 2
    brain.unload()
    with pytest.raises(EngineError, match="Load it"):
        next(brain.reply(prompt("Hello?"), threading.Event(), 5))


def test_a_model_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(b"GGUF" + bytes(1000))
    for file in (damaged, tmp_path / "missing.gguf"):
        with pytest.raises(EngineError, match=file.name):
            BuiltinBrain(file).load(Progress())
