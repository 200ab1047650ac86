"""Trying a language model's server: whether it answers, with which models, and how soon."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from app.engines import EngineError, Message, ReplyCutShort, Stop
from app.llm.chat import ChatBrain
from app.llm.discovery import ServerUnreachable, ask_server
from app.progress import Progress

#: Seconds for the list of models, and for the first token: a server may have to load the model.
LIST_SECONDS = 5.0
FIRST_TOKEN_SECONDS = 30.0

#: Tokens that the answer may take; a model may think before it speaks.
MAX_TOKENS = 200


@dataclass(frozen=True)
class Trial:
    """What came of it. ``problem`` is a sentence with what to do, "" where everything is well."""

    reachable: bool
    models: tuple[str, ...] = ()
    model: str = ""
    first_token_ms: int | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def try_server(url: str, model: str, key: str, stop: Stop) -> Trial:
    """Ask the server at ``url`` for its models, and ``model`` (or its first that chats) for a word.

    Takes less than a minute; given up, with what is known by then, once ``stop`` is set.
    """
    try:
        server = ask_server(url, model, key, LIST_SECONDS)
    except ServerUnreachable as problem:
        return Trial(False, problem=str(problem))
    except EngineError as problem:
        return Trial(True, problem=str(problem))
    brain = ChatBrain(server.url, server.model, key=key, first_token_timeout=FIRST_TOKEN_SECONDS)
    try:
        milliseconds = _first_token_ms(brain, stop)
    except EngineError as problem:
        return Trial(True, server.models, server.model, problem=str(problem))
    finally:
        brain.unload()
    return Trial(True, server.models, server.model, milliseconds)


def _first_token_ms(brain: ChatBrain, stop: Stop) -> int | None:
    brain.load(Progress())
    began = time.monotonic()
    heard = _Either(stop)
    try:
        for _ in brain.reply([Message("user", "Say hello.")], heard, MAX_TOKENS):
            heard.enough.set()
            return round((time.monotonic() - began) * 1000)
    except ReplyCutShort:
        pass
    if stop.is_set():
        return None
    raise EngineError("The language model answered with nothing. Choose another model.")


class _Either:
    """Set when ``stop`` is, or once a word was heard: more of the answer is not wanted."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self.enough = threading.Event()

    def is_set(self) -> bool:
        return self.enough.is_set() or self._stop.is_set()
