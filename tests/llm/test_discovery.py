"""Which servers are found on this machine, which of their models is asked, and how much it holds."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from app.engines import EngineError
from app.llm.discovery import DEFAULT_CONTEXT, ModelServer, ask_server, find_server
from tests.llm.chat_server import ChatServer, Exchange, answering, listing

Serve = Callable[..., ChatServer]


def ports(*servers: ChatServer) -> dict[str, int]:
    return {f"server {number}": server.server_port for number, server in enumerate(servers)}


def found(server: ModelServer | None) -> ModelServer:
    assert server is not None
    return server


# ----- what runs here


def test_ollama_is_found_with_a_model_that_chats(serve: Serve) -> None:
    server = serve(routes={"/v1/models": listing("nomic-embed-text:latest", "llama3.2:3b", "qwen3:4b")})
    expected = ModelServer(
        server.url, "llama3.2:3b", DEFAULT_CONTEXT, ("nomic-embed-text:latest", "llama3.2:3b", "qwen3:4b")
    )
    assert find_server(ports=ports(server)) == expected


def test_ollama_is_asked_for_the_model_that_is_in_memory_with_its_window(serve: Serve) -> None:
    running = answering({"models": [{"name": "qwen3:4b", "context_length": 32768}]})
    server = serve(routes={"/v1/models": listing("llama3.2:3b", "qwen3:4b"), "/api/ps": running})
    chosen = found(find_server(ports=ports(server)))
    assert (chosen.model, chosen.context_tokens) == ("qwen3:4b", 32768)


def test_lm_studio_is_asked_for_its_loaded_model_with_its_window(serve: Serve) -> None:
    models = [
        {"id": "text-model-a", "type": "embeddings", "state": "loaded"},
        {"id": "gemma", "type": "vlm", "state": "not-loaded", "max_context_length": 131072},
        {"id": "qwen", "type": "llm", "state": "loaded", "loaded_context_length": 8192},
    ]
    routes = {
        "/v1/models": listing("text-model-a", "gemma", "qwen"),
        "/api/v0/models": answering({"data": models}),
    }
    chosen = found(find_server(ports=ports(serve(routes=routes))))
    assert (chosen.model, chosen.context_tokens) == ("qwen", 8192)


def test_llama_cpp_tells_its_window(serve: Serve) -> None:
    routes = {
        "/v1/models": listing("/models/some.gguf"),
        "/props": answering({"default_generation_settings": {"n_ctx": 16384}}),
    }
    chosen = found(find_server(ports=ports(serve(routes=routes))))
    assert (chosen.model, chosen.context_tokens) == ("/models/some.gguf", 16384)


def not_json(exchange: Exchange) -> None:
    exchange.page(200, "text/html", b"<html>A web site</html>")


def endless(exchange: Exchange) -> None:
    exchange.begin()
    while not exchange.server.ended.wait(0.02):
        exchange.send(b" ")


@pytest.mark.parametrize(
    "models",
    [
        not_json,
        endless,
        Exchange.hang,
        answering([]),
        answering({"data": "models"}),
        answering({"data": [{"name": "no id"}, 7]}),
        answering({"data": []}),
        answering({"data": [{"id": "x"}]}, status=500),
        listing("mxbai-embed-large", "whisper-1", "bge-m3"),
    ],
)
def test_what_is_no_language_model_server_is_passed_over(
    serve: Serve, models: Callable[[Exchange], None]
) -> None:
    other = serve(routes={"/v1/models": models})
    assert find_server(ports=ports(other)) is None
    real = serve(routes={"/v1/models": listing("llama3.2")})
    assert found(find_server(ports=ports(other, real))).url == real.url


def test_a_llama_cpp_that_wants_a_key_is_passed_over(serve: Serve) -> None:
    routes = {"/v1/models": listing("some.gguf"), "/props": answering({"error": {}}, status=401)}
    assert find_server(ports=ports(serve(routes=routes))) is None


def test_the_server_that_has_the_wanted_model_is_taken(serve: Serve) -> None:
    first = serve(routes={"/v1/models": listing("gemma3:4b")})
    second = serve(routes={"/v1/models": listing("qwen3:4b", "llama3.2:latest")})
    chosen = found(find_server("llama3.2", ports(first, second)))
    assert (chosen.url, chosen.model) == (second.url, "llama3.2")
    assert find_server("mistral", ports(first, second)) is None


def test_nothing_is_found_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert find_server(ports={"nobody": port}) is None


def test_no_key_is_shown_to_what_happens_to_listen_here(serve: Serve) -> None:
    server = serve(routes={"/v1/models": listing("llama3.2")})
    find_server(ports=ports(server))
    assert server.requests
    assert not any(request.headers["Authorization"] for request in server.requests)


# ----- a server that was set


@pytest.mark.parametrize("form", ["{}/v1", "{}", "{}/", "{}/v1/", "{}/v1/chat/completions"])
def test_an_address_is_understood_however_it_is_written(serve: Serve, form: str) -> None:
    server = serve(routes={"/v1/models": listing("llama3.2")})
    root = server.url.removesuffix("/v1")
    assert ask_server(form.format(root)).url == server.url
    assert ask_server(form.format(root.removeprefix("http://"))).url == server.url


def test_an_address_without_v1_is_kept_where_the_server_has_none(serve: Serve) -> None:
    server = serve(routes={"/api/models": listing("llama3.2")})
    url = server.url.replace("/v1", "/api")
    assert ask_server(url).url == url


def test_the_key_is_shown_to_the_server_that_was_set(serve: Serve) -> None:
    def models(exchange: Exchange) -> None:
        known = exchange.headers["Authorization"] == "Bearer secret"
        (listing("gpt") if known else answering({"error": {}}, status=401))(exchange)

    server = serve(routes={"/v1/models": models})
    assert ask_server(server.url, key="secret").model == "gpt"
    with pytest.raises(EngineError, match=r"wants a key. Set VOX_LLM_KEY\."):
        ask_server(server.url)
    with pytest.raises(EngineError, match="does not accept the key"):
        ask_server(server.url, key="wrong")


def test_the_window_stands_in_the_list_of_some_servers(serve: Serve) -> None:
    server = serve(routes={"/v1/models": listing("vllm-model", max_model_len=12000)})
    assert ask_server(server.url).context_tokens == 12000


def test_a_server_that_does_not_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(EngineError, match=rf"No language model answers at http://127.0.0.1:{port}\."):
        ask_server(f"http://127.0.0.1:{port}")


def test_a_server_that_lists_no_models_needs_one_named(serve: Serve) -> None:
    server = serve(routes={"/v1/chat/completions": answering({})})
    with pytest.raises(EngineError, match="Set VOX_LLM_MODEL"):
        ask_server(server.url)
    assert ask_server(server.url, "mine") == ModelServer(server.url, "mine", DEFAULT_CONTEXT)


def test_a_named_model_is_taken_though_it_is_not_listed(serve: Serve) -> None:
    server = ask_server(serve(routes={"/v1/models": listing("llama3.2:latest")}).url, "other")
    assert server.model == "other"
    assert not server.lists_its_model
