"""Trying a language model's server: by the program, and over the API."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.llm.trial import try_server
from app.settings import Settings
from tests.llm.chat_server import ChatServer, answering, listing, serving, telling

NEVER = threading.Event()
CHAT = "/v1/chat/completions"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(Settings(data_dir=tmp_path)).test_client()


def keys(server: ChatServer) -> set[str]:
    return {request.headers.get("Authorization", "") for request in server.requests}


def test_a_server_that_answers_is_told_with_its_models_and_how_soon() -> None:
    with serving({"/v1/models": listing("gemma", "llama"), CHAT: telling("Hel", "lo.")}) as server:
        trial = try_server(server.url.removesuffix("/v1"), "llama", "", NEVER)
    assert trial.ok
    assert (trial.reachable, trial.models, trial.model) == (True, ("gemma", "llama"), "llama")
    assert trial.first_token_ms is not None
    assert server.chats[0].body["model"] == "llama"


def test_more_of_the_answer_than_its_first_word_is_not_waited_for() -> None:
    def first_word_only(exchange: object) -> None:
        exchange.begin()  # type: ignore[attr-defined]
        exchange.say("Hello")  # type: ignore[attr-defined]
        exchange.hang()  # type: ignore[attr-defined]

    with serving({"/v1/models": listing("llama"), CHAT: first_word_only}) as server:
        assert try_server(server.url, "llama", "", NEVER).ok
        assert server.abandoned.wait(10)


def test_one_that_nobody_answers_at_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    trial = try_server(f"http://127.0.0.1:{closed}/v1", "llama", "", NEVER)
    assert (trial.ok, trial.reachable) == (False, False)
    assert "Start it" in trial.problem


def test_one_that_wants_a_key_says_so() -> None:
    with serving({"/v1/models": answering({"error": "no"}, 401)}) as server:
        trial = try_server(server.url, "", "", NEVER)
    assert (trial.ok, trial.reachable) == (False, True)
    assert "key" in trial.problem


def test_a_model_that_it_does_not_have_is_named_with_those_it_has() -> None:
    missing = answering({"error": {"message": "no such model"}}, 404)
    with serving({"/v1/models": listing("gemma"), CHAT: missing}) as server:
        trial = try_server(server.url, "llama", "", NEVER)
    assert trial.reachable
    assert trial.models == ("gemma",)
    assert "'llama'" in trial.problem
    assert "gemma" in trial.problem


def test_who_leaves_while_it_thinks_is_not_waited_for() -> None:
    stop = threading.Event()

    def think(exchange: object) -> None:
        exchange.begin()  # type: ignore[attr-defined]
        stop.set()
        exchange.hang()  # type: ignore[attr-defined]

    with serving({"/v1/models": listing("llama"), CHAT: think}) as server:
        trial = try_server(server.url, "llama", "", stop)
    assert trial.first_token_ms is None


def test_the_api_tells_the_same_and_changes_nothing(client: FlaskClient, tmp_path: Path) -> None:
    with serving({"/v1/models": listing("gemma"), CHAT: telling("Hello.")}) as server:
        told = client.post("/api/brain/test", json={"url": server.url, "model": "gemma"}).json
        listed = client.post("/api/brain/models", json={"url": server.url}).json
    assert told is not None
    assert (told["ok"], told["reachable"], told["models"], told["problem"]) == (True, True, ["gemma"], "")
    assert told["first_token_ms"] >= 0
    assert listed == {"url": server.url, "models": ["gemma"]}
    assert not (tmp_path / "settings.json").exists()


def test_the_kept_key_goes_to_its_own_server_only(client: FlaskClient) -> None:
    routes = {"/v1/models": listing("gemma"), CHAT: telling("Hello.")}
    with serving(routes) as its_own, serving(routes) as other:
        client.patch("/api/settings", json={"llm_url": its_own.url, "llm_key": "sk-1"})
        for url in (its_own.url, other.url):
            assert client.post("/api/brain/test", json={"url": url, "model": "gemma"}).json["ok"]  # type: ignore[index]
            client.post("/api/brain/models", json={"url": url})
        client.get("/api/brain/models")
    assert keys(its_own) == {"Bearer sk-1"}
    assert not [key for key in keys(other) if "sk-1" in key]


def test_the_models_of_the_server_that_is_set(client: FlaskClient) -> None:
    with serving({"/v1/models": listing("gemma", "llama")}) as server:
        client.patch("/api/settings", json={"llm_url": server.url})
        assert client.get("/api/brain/models").json == {"url": server.url, "models": ["gemma", "llama"]}
        client.get("/api/brain/models?url=http://192.0.2.1/v1")
    client.patch("/api/settings", json={"llm_url": "builtin"})
    assert client.get("/api/brain/models").json == {"url": "builtin", "models": []}


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://host/", "gopher://host", "http://", "http://[", "javascript:alert(1)//x"],
)
@pytest.mark.parametrize("path", ["/api/brain/test", "/api/brain/models"])
def test_only_web_addresses_are_asked(client: FlaskClient, path: str, url: str) -> None:
    answer = client.post(path, json={"url": url})
    assert answer.status_code == 400
    assert "address" in answer.json["error"]  # type: ignore[index]
