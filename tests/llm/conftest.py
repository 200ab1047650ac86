"""Chat servers that a test writes, brains that talk to them, and the pack's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.llm.builtin import BuiltinBrain
from app.llm.chat import ChatBrain
from app.offline_pack import brain_model
from app.progress import Progress
from tests.llm.chat_server import Behaviour, ChatServer, serving


@pytest.fixture
def serve() -> Iterator[Callable[..., ChatServer]]:
    """``serve(chat, routes)``: a running server that replies like ``chat``."""
    with ExitStack() as stack:

        def start(chat: Behaviour | None = None, routes: dict[str, Behaviour] | None = None) -> ChatServer:
            chats = {"/v1/chat/completions": chat} if chat else {}
            return stack.enter_context(serving({**chats, **(routes or {})}))

        yield start


@pytest.fixture
def connect() -> Iterator[Callable[..., ChatBrain]]:
    """``connect(url)``: a loaded brain that talks to the server there."""
    with ExitStack() as stack:

        def start(url: str, model: str = "test", **options: Any) -> ChatBrain:
            brain = ChatBrain(url, model, **options)
            brain.load(Progress())
            stack.callback(brain.unload)
            return brain

        yield start


@pytest.fixture(scope="session")
def small_brain() -> Iterator[BuiltinBrain]:
    """The pack's SmolLM2, loaded."""
    model_file = brain_model()
    if model_file is None:
        pytest.skip("the offline pack is not installed")
    brain = BuiltinBrain(model_file)
    brain.load(Progress())
    yield brain
    brain.unload()
