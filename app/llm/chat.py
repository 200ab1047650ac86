"""A brain behind any server that speaks OpenAI's chat protocol, streamed and stoppable."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.engines import EngineError, Message, ReplyCutShort, Stop
from app.llm import problems
from app.llm.loop import submit
from app.llm.reasoning import without_reasoning
from app.llm.streaming import NothingCame, Stream
from app.progress import Progress

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI

log = logging.getLogger(__name__)

#: Seconds to wait for a connection, for the first token (a server may have to load the model), and
#: for each further one.
CONNECT_TIMEOUT = 5.0
FIRST_TOKEN_TIMEOUT = 120.0
NEXT_TOKEN_TIMEOUT = 30.0

#: What is sent in place of a key: the SDK wants one.
NO_KEY = "none"

#: Most models that a sentence names, and how long their list may take.
_MODELS_NAMED = 8
_LIST_TIMEOUT = 3.0


@dataclass(frozen=True)
class _Delta:
    """What one event of the stream adds: text, "" for reasoning, and why the reply ended."""

    text: str
    finish_reason: str | None


class ChatBrain:
    """Talks with ``model`` at the server ``url`` (``http://127.0.0.1:11434/v1``). Safe to share
    between threads; replies do not wait for each other here.

    ``context_tokens`` is the size of the model's window; ``temperature`` None leaves it to the
    server.
    """

    is_demo = False

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str = "",
        context_tokens: int = 4096,
        temperature: float | None = None,
        notice: str = "",
        first_token_timeout: float = FIRST_TOKEN_TIMEOUT,
        next_token_timeout: float = NEXT_TOKEN_TIMEOUT,
    ) -> None:
        self.name = model
        self.device = url.removesuffix("/v1")
        self.notice = notice
        self.context_tokens = context_tokens
        self._url = url
        self._key = key
        #: None leaves it to the server; may be changed at any time.
        self.temperature = temperature
        self._timeouts = (first_token_timeout, next_token_timeout)
        self._client: AsyncOpenAI | None = None

    def load(self, progress: Progress) -> None:
        progress.report(f"Connecting to {self.device}")
        import openai

        client = openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._key or NO_KEY,
            max_retries=0,
            # Tokens are waited for in reply(), where keep-alive comments do not count.
            timeout=openai.Timeout(None, connect=CONNECT_TIMEOUT),
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not is_loopback(self._url)),
        )
        _ = client.chat.completions  # imported when first used: now, and not in the first turn
        self._client = client

    def unload(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            submit(client.close())

    def forget_key(self) -> None:
        """Send the key no more, from the next request on."""
        self._key = ""
        if self._client is not None:
            self._client.api_key = NO_KEY

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
        """Yield the reply's text as it is written, reasoning left out.

        Raises EngineError, also after some text, and ReplyCutShort at the end of a reply that
        reached ``max_tokens``. A set ``stop`` ends it and closes the request at once.
        """
        client = self._client
        if client is None:
            raise EngineError("The language model is not connected. Load it, then try again.")
        request = self._request(messages, max_tokens)
        stream = Stream(_deltas(client, request), stop, *self._timeouts)
        has_spoken = False
        try:
            for text in without_reasoning(self._texts(stream, stop)):
                has_spoken = True
                yield text
        except ReplyCutShort as end:
            if has_spoken:
                raise
            raise EngineError(problems.nothing_but_reasoning(max_tokens)) from end
        finally:
            stream.close()

    def _texts(self, stream: Stream[_Delta], stop: Stop) -> Iterator[str]:
        """The text of the stream, and at its end what it means. Raises EngineError, ReplyCutShort."""
        has_begun, finish_reason = False, None
        try:
            for delta in stream:
                has_begun = True
                finish_reason = delta.finish_reason or finish_reason
                if delta.text:
                    yield delta.text
        except NothingCame as problem:
            raise EngineError(problems.silent(self.device, self._timeouts[has_begun])) from problem
        except Exception as problem:  # the HTTP library's and the SDK's are of many kinds
            log.debug("the language model's server failed", exc_info=True)
            raise EngineError(self._sentence(problem, has_begun)) from problem
        if stop.is_set():
            return
        if not has_begun:
            raise EngineError(problems.no_language_model(self.device))
        if finish_reason is None:
            raise EngineError(problems.broke_off(self.device))
        if finish_reason == "length":
            raise ReplyCutShort("The reply reached its longest allowed length.")

    def _request(self, messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        # OpenAI's own service knows the limit by another name only, local servers by this one.
        is_openai = (urlsplit(self._url).hostname or "").endswith("openai.com")
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "max_completion_tokens" if is_openai else "max_tokens": max_tokens,
            "stream": True,
        }
        if self.temperature is not None:
            request["temperature"] = self.temperature
        return request

    def _sentence(self, problem: Exception, has_begun: bool) -> str:
        """What happened, for the person."""
        import openai

        if isinstance(problem, (openai.AuthenticationError, openai.PermissionDeniedError)):
            return problems.key_refused(self.device, self._key)
        if isinstance(problem, openai.NotFoundError):
            return problems.no_such_model(self.device, self.name, self._available())
        if isinstance(problem, openai.APIStatusError):
            return problems.refused(self.device, problem.status_code, _message(problem))
        if has_begun and isinstance(problem, openai.APIConnectionError):
            return problems.broke_off(self.device)
        if isinstance(problem, openai.APIConnectionError):
            return problems.unreachable(self.device)
        if isinstance(problem, openai.APIError):  # sent as an event, instead of text
            return problems.refused(self.device, None, _message(problem))
        return problems.broke_off(self.device) if has_begun else problems.no_language_model(self.device)

    def _available(self) -> list[str]:
        """The models that the server has, as far as it says so in time."""
        client = self._client
        if client is None:
            return []
        try:
            listed = submit(_model_names(client)).result(timeout=_LIST_TIMEOUT)
        except Exception:  # only to name them: whatever is wrong has been told already
            return []
        return listed[:_MODELS_NAMED]


def is_loopback(url: str) -> bool:
    """Whether ``url`` is on this machine, where no proxy of the environment is in the way."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


async def _deltas(client: AsyncOpenAI, request: dict[str, Any]) -> AsyncIterator[_Delta]:
    """The events of one streamed reply that show life: text, reasoning, the end."""
    async with await client.chat.completions.create(**request) as chunks:
        async for chunk in chunks:
            if not chunk.choices:
                continue
            choice = chunk.choices[0]
            said: dict[str, Any] = choice.delta.model_dump() if choice.delta else {}
            text = said.get("content")
            thinks = said.get("reasoning_content") or said.get("reasoning")
            if text or thinks or choice.finish_reason:
                yield _Delta(text if isinstance(text, str) else "", choice.finish_reason)


async def _model_names(client: AsyncOpenAI) -> list[str]:
    return [model.id async for model in client.models.list(timeout=_LIST_TIMEOUT)]


def _message(problem: APIError) -> str:
    """The server's own words, without the SDK's around them."""
    body = problem.body
    said = body.get("message") if isinstance(body, dict) else None
    return said if isinstance(said, str) else problem.message
