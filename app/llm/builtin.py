"""The built-in brain: the offline pack's small language model, run by llama.cpp in this process."""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app import garbage
from app.cores import usable_cores
from app.engines import INTERRUPTED, EngineError, Message, ReplyCutShort, Stop
from app.llm.chat import ChatBrain
from app.progress import Progress

if TYPE_CHECKING:
    from xllamacpp import CommonParams, Server

log = logging.getLogger(__name__)

#: Each conversation's window, in tokens. The model was trained on 8192, but wanders long before.
DEFAULT_CONTEXT = 2048
#: Conversations that are answered at the same time, each with a window of its own; more wait.
_SLOTS = 2

_MOST_THREADS = 8

_WHOLE_SENTENCES = re.compile(r".*[.!?](?=\s|$)", re.DOTALL)


class BuiltinBrain:
    """SmolLM2 with 135 million parameters: it shows that everything works, and knows little.

    llama.cpp listens on a loopback address of its own choice, and is asked like any other server.
    """

    name = "SmolLM2 135M (built in)"
    device = "cpu"
    is_demo = True

    def __init__(self, model_file: Path, context_tokens: int = 0, notice: str = "") -> None:
        self.notice = notice
        self.context_tokens = context_tokens or DEFAULT_CONTEXT
        self._file = model_file
        self._server: Server | None = None
        self._chat: ChatBrain | None = None

    def load(self, progress: Progress) -> None:
        """Start llama.cpp with the model and have it say a first word. Raises EngineError."""
        progress.report("Loading SmolLM2", 0, 2)
        key = secrets.token_urlsafe()  # pages of other sites can reach loopback, too
        try:
            import xllamacpp

            server = xllamacpp.Server(self._parameters(key))
        except Exception as problem:  # of many kinds, from native code
            log.debug("llama.cpp did not start", exc_info=True)
            raise EngineError(
                f"The built-in language model could not be started from {self._file}: {problem}. "
                "Connect another one with VOX_LLM_URL."
            ) from problem
        # With sampling a model this small rambles: temperature 0.
        chat = ChatBrain(f"{server.listening_address}/v1", "SmolLM2", key=key, temperature=0.0)
        chat.load(progress)
        self._server, self._chat = server, chat
        progress.report("Saying a first word", 1, 2)
        with suppress(ReplyCutShort):
            list(chat.reply([Message("user", "Hello.")], threading.Event(), max_tokens=1))

    def unload(self) -> None:
        chat, self._chat = self._chat, None
        if chat is not None:
            chat.unload()
        self._server = None  # llama.cpp ends with its last reference
        garbage.collect()

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
        """Yield the reply's text as it is written, as ``ChatBrain.reply`` does."""
        if self._chat is None:
            raise EngineError("The built-in language model is not loaded. Load it, then try again.")
        yield from self._chat.reply(_without_broken_off(messages), stop, max_tokens)

    def _parameters(self, key: str) -> CommonParams:
        import xllamacpp

        cores = min(usable_cores(), _MOST_THREADS)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._file)
        parameters.n_parallel = _SLOTS
        parameters.n_ctx = _SLOTS * self.context_tokens
        # A model this small falls into saying one sentence over and over. That is held back from the length
        # of a sentence on: with less, it can no longer repeat a fact that it was asked for twice.
        parameters.sampling.dry_multiplier = 2.0
        parameters.sampling.dry_allowed_length = 8
        parameters.sampling.dry_penalty_last_n = 512
        parameters.cache_ram_mib = 0  # the slots remember their own conversation
        # While it writes, the voice speaks: half of the cores each. Before that, all are free.
        parameters.cpuparams.n_threads = max(1, cores // 2)
        parameters.cpuparams_batch.n_threads = cores
        parameters.cpuparams.poll = parameters.cpuparams_batch.poll = 0  # waiting threads sleep
        parameters.api_keys = [key]
        parameters.ui = False
        parameters.verbosity = -1
        return parameters


def _without_broken_off(messages: Sequence[Message]) -> list[Message]:
    """``messages`` without what breaks off of interrupted replies. A model this small takes that for the
    way to answer, and soon says nothing else. Where no sentence is left, the question goes as well."""
    told: list[Message] = []
    for message in messages:
        if message.role != "assistant" or not message.text.endswith(INTERRUPTED):
            told.append(message)
        elif whole := _WHOLE_SENTENCES.match(message.text.removesuffix(INTERRUPTED)):
            told.append(Message("assistant", whole[0]))
        elif told and told[-1].role == "user":
            told.pop()
    return told
