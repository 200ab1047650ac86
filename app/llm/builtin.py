"""The built-in brain: the offline pack's small language model, run by llama.cpp in this process."""

from __future__ import annotations

import gc
import logging
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.cores import usable_cores
from app.engines import EngineError, Message, ReplyCutShort, Stop
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
        gc.collect()

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
        """Yield the reply's text as it is written, as ``ChatBrain.reply`` does."""
        if self._chat is None:
            raise EngineError("The built-in language model is not loaded. Load it, then try again.")
        yield from self._chat.reply(messages, stop, max_tokens)

    def _parameters(self, key: str) -> CommonParams:
        import xllamacpp

        cores = min(usable_cores(), _MOST_THREADS)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._file)
        parameters.n_parallel = _SLOTS
        parameters.n_ctx = _SLOTS * self.context_tokens
        parameters.cache_ram_mib = 0  # the slots remember their own conversation
        # While it writes, the voice speaks: half of the cores each. Before that, all are free.
        parameters.cpuparams.n_threads = max(1, cores // 2)
        parameters.cpuparams_batch.n_threads = cores
        parameters.cpuparams.poll = parameters.cpuparams_batch.poll = 0  # waiting threads sleep
        parameters.api_keys = [key]
        parameters.ui = False
        parameters.verbosity = -1
        return parameters
