"""Language model servers: which run on this machine, what models they have, how much those hold."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engines import EngineError
from app.llm import problems
from app.llm.chat import CONNECT_TIMEOUT, is_loopback
from app.llm.loop import submit

log = logging.getLogger(__name__)

#: Where the usual servers listen on loopback.
USUAL_PORTS: Mapping[str, int] = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080}

#: What Ollama and LM Studio run a model with unless told otherwise, in tokens.
DEFAULT_CONTEXT = 4096

#: Seconds that each answer of a server on this machine, and of one that was set, may take.
_LOCAL_SECONDS, _SET_SECONDS = 0.5, 10.0
#: Longest answer that is read; the longest lists of models have a fraction of that.
_MAX_BYTES = 4_000_000

#: Names of models that do not chat.
_NOT_FOR_CHAT = re.compile(
    r"embed|minilm|\bbge-|\bgte-|\be5-|rerank|whisper|\btts|dall-e|moderation", re.IGNORECASE
)


class ServerUnreachable(EngineError):
    """Nothing answers at the address."""


@dataclass(frozen=True)
class ModelServer:
    """A server's base address (``http://127.0.0.1:11434/v1``), the model to ask for, the size of
    its context window in tokens, and the names of all models that the server lists."""

    url: str
    model: str
    context_tokens: int
    models: tuple[str, ...] = ()

    @property
    def lists_its_model(self) -> bool:
        """Whether the server says that it has the model; True if it lists none at all."""
        return not self.models or not {self.model, f"{self.model}:latest"}.isdisjoint(self.models)


@dataclass(frozen=True)
class _Answer:
    """An HTTP status, 0 where nothing answered in time, and what was in the JSON."""

    status: int = 0
    json: Any = None

    def entries(self, key: str) -> list[dict[str, Any]]:
        """The objects in the list ``key``, whatever the answer looks like."""
        found = self.json.get(key) if isinstance(self.json, dict) else None
        return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


@dataclass(frozen=True)
class _Survey:
    """What the server at ``url`` says of itself: in OpenAI's words, llama.cpp's, LM Studio's and
    Ollama's. No server knows all four."""

    url: str
    listed: _Answer
    props: _Answer
    studio: _Answer
    running: _Answer

    def models(self) -> list[str]:
        return [entry["id"] for entry in self.listed.entries("data") if isinstance(entry.get("id"), str)]

    def chat_model(self) -> str:
        """A model that chats, one that is in memory first; "" if there is none."""
        not_for_chat = {entry.get("id") for entry in self.studio.entries("data") if _is_embedding(entry)}
        fit = [name for name in self.models() if name not in not_for_chat and not _NOT_FOR_CHAT.search(name)]
        loaded = [entry.get("id") for entry in self.studio.entries("data") if entry.get("state") == "loaded"]
        loaded += [entry.get("name") for entry in self.running.entries("models")]
        return next((name for name in fit if name in loaded), fit[0] if fit else "")

    def context_tokens(self, model: str) -> int:
        return next(
            (size for size in self._sizes(model) if isinstance(size, int) and size > 0), DEFAULT_CONTEXT
        )

    def _sizes(self, model: str) -> Iterator[Any]:
        """What may be the size of ``model``'s window, the most reliable first."""
        props = self.props.json if isinstance(self.props.json, dict) else {}
        generation = props.get("default_generation_settings")
        yield generation.get("n_ctx") if isinstance(generation, dict) else None
        for entry in self.studio.entries("data"):
            if entry.get("id") == model:
                yield entry.get("loaded_context_length")
        for entry in self.running.entries("models"):
            if entry.get("name") in (model, f"{model}:latest"):
                yield entry.get("context_length")
        for entry in self.listed.entries("data"):
            if entry.get("id") == model:
                yield entry.get("max_model_len") or entry.get("context_length")


def find_server(model: str = "", ports: Mapping[str, int] = USUAL_PORTS) -> ModelServer | None:
    """The first server on this machine that has ``model``, or, if that is "", one that chats.

    None if there is none. Takes about half a second, whatever listens on those ports.
    """
    return submit(_find([f"http://127.0.0.1:{port}/v1" for port in ports.values()], model)).result()


def ask_server(url: str, model: str = "", key: str = "", seconds: float = _SET_SECONDS) -> ModelServer:
    """The server at ``url``, which may lack its ``/v1``, with ``model`` or its first that chats. Each of
    its answers may take ``seconds``.

    Raises EngineError when it does not answer (ServerUnreachable), refuses the key, or lists no model
    that chats.
    """
    return submit(_ask(_addresses(url), model, key, seconds)).result()


async def _find(urls: Sequence[str], model: str) -> ModelServer | None:
    for survey in await asyncio.gather(*(_survey(url, "", _LOCAL_SECONDS) for url in urls)):
        if survey.props.status in (401, 403):
            continue  # llama.cpp tells its models to everyone, but wants a key for the rest
        server = ModelServer(
            survey.url,
            model or survey.chat_model(),
            survey.context_tokens(model or survey.chat_model()),
            tuple(survey.models()),
        )
        if server.models and server.model and server.lists_its_model:
            return server
    return None


async def _ask(urls: Sequence[str], model: str, key: str, seconds: float) -> ModelServer:
    statuses = []
    for url in urls:
        survey = await _survey(url, key, seconds)
        chosen = model or survey.chat_model()
        if survey.models() and chosen:
            return ModelServer(url, chosen, survey.context_tokens(chosen), tuple(survey.models()))
        statuses.append(survey.listed.status)
    address = urls[0].removesuffix("/v1")
    if not any(statuses):
        raise ServerUnreachable(problems.unreachable(address))
    if any(status in (401, 403) for status in statuses):
        raise EngineError(problems.key_refused(address, key))
    if not model:
        raise EngineError(problems.no_models(address))
    return ModelServer(urls[0], model, DEFAULT_CONTEXT)


def _addresses(url: str) -> list[str]:
    """The base addresses that ``url`` may mean, the likelier first."""
    url = url if "://" in url else f"http://{url}"
    url = url.rstrip("/").removesuffix("/chat/completions")
    return [url] if url.endswith("/v1") else [f"{url}/v1", url]


async def _survey(url: str, key: str, seconds: float) -> _Survey:
    import openai

    root = url.removesuffix("/v1")
    asked = (f"{url}/models", f"{root}/props", f"{root}/api/v0/models", f"{root}/api/ps")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with openai.DefaultAsyncHttpxClient(
        headers=headers,
        timeout=openai.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT)),
        trust_env=not is_loopback(url),
    ) as client:
        answers = await asyncio.gather(*(_get(client, address, seconds) for address in asked))
    return _Survey(url, *answers)


async def _get(client: Any, url: str, seconds: float) -> _Answer:
    try:
        return await asyncio.wait_for(_read(client, url), seconds)
    except Exception:  # whatever it is that listens there, it did not answer this
        log.debug("%s does not answer", url, exc_info=True)
        return _Answer()


async def _read(client: Any, url: str) -> _Answer:
    content = b""
    async with client.stream("GET", url) as response:
        async for block in response.aiter_bytes():
            content += block
            if len(content) > _MAX_BYTES:
                return _Answer(response.status_code)
        try:
            return _Answer(response.status_code, json.loads(content) if response.is_success else None)
        except ValueError:
            return _Answer(response.status_code)


def _is_embedding(entry: Mapping[str, Any]) -> bool:
    return "embed" in str(entry.get("type"))
