"""The JSON API: status, load, unload, and errors that are sentences."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.models import Model, Models
from app.progress import Progress
from app.settings import Settings


class Engine:
    """An engine that loads when the test lets it, and does nothing."""

    notice = ""
    device = "cpu"

    def __init__(self, name: str) -> None:
        self.name = name
        self.may_load = threading.Event()
        self.is_loaded = False

    def load(self, progress: Progress) -> Any:
        progress.report("Reading weights", 1, 3)
        assert self.may_load.wait(10)
        self.is_loaded = True
        return self

    def unload(self) -> None:
        self.is_loaded = False


@pytest.fixture
def engines() -> Iterator[dict[str, Engine]]:
    engines = {kind: Engine(f"test {kind}") for kind in ("stt", "llm", "tts")}
    yield engines
    for engine in engines.values():
        engine.may_load.set()


@pytest.fixture
def app(engines: dict[str, Engine]) -> Flask:
    models = Models(
        Model("stt", engines["stt"].load),
        Model("llm", engines["llm"].load),
        Model("tts", engines["tts"].load),
    )
    return create_app(Settings(), models)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def states(client: FlaskClient) -> dict[str, str]:
    answer = client.get("/api/status").json
    assert answer is not None
    return {kind: model["state"] for kind, model in answer["models"].items()}


def test_status_tells_of_every_model_and_of_memory(client: FlaskClient) -> None:
    answer = client.get("/api/status")
    assert answer.status_code == 200
    assert answer.json is not None
    assert set(answer.json["models"]) == {"tts", "stt", "llm"}
    for model in answer.json["models"].values():
        assert {"state", "name", "device", "progress", "error"} <= set(model)
    assert answer.json["memory"]["process_bytes"] > 1_000_000
    assert {"gpu_bytes", "gpu_total_bytes"} <= set(answer.json["memory"])


def test_a_load_is_begun_and_its_progress_shown(
    client: FlaskClient, app: Flask, engines: dict[str, Engine], reported: Callable[[Model[Any]], None]
) -> None:
    answer = client.post("/api/models/tts/load")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["state"] == "loading"
    reported(app.extensions["vox"].models.tts)
    progress = client.get("/api/status").json["models"]["tts"]["progress"]  # type: ignore[index]
    assert progress == {"stage": "Reading weights", "done": 1, "total": 3, "unit": "stages"}

    engines["tts"].may_load.set()
    app.extensions["vox"].models.tts.wait(10)
    assert client.post("/api/models/tts/load").json["state"] == "ready"  # type: ignore[index]
    assert states(client) == {"tts": "ready", "stt": "unloaded", "llm": "unloaded"}


@pytest.fixture
def reported() -> Callable[[Model[Any]], None]:
    """Waits until a model's load has reported a measured step."""

    def wait(model: Model[Any]) -> None:
        measured = threading.Event()

        def look(model: Model[Any]) -> None:
            if (model.snapshot()["progress"] or {}).get("total"):
                measured.set()

        unsubscribe = model.subscribe(look)
        look(model)
        assert measured.wait(10)
        unsubscribe()

    return wait


@pytest.mark.parametrize("kind", ["tts", "stt", "llm"])
def test_unloading_one_model_leaves_the_others(
    client: FlaskClient, app: Flask, engines: dict[str, Engine], kind: str
) -> None:
    for engine in engines.values():
        engine.may_load.set()
    for model in app.extensions["vox"].models:
        model.wait(10)

    answer = client.post(f"/api/models/{kind}/unload")
    assert answer.status_code == 202
    assert answer.json["state"] == "unloaded"  # type: ignore[index]
    assert {name for name, engine in engines.items() if not engine.is_loaded} == {kind}
    assert {name for name, state in states(client).items() if state != "ready"} == {kind}


def test_a_model_that_is_speaking_is_not_unloaded(
    client: FlaskClient, app: Flask, engines: dict[str, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.api.UNLOAD_PATIENCE", 0.0)
    engines["tts"].may_load.set()
    with app.extensions["vox"].models.tts.use():
        answer = client.post("/api/models/tts/unload")
        assert answer.status_code == 409
        assert "Stop it first" in answer.json["error"]  # type: ignore[index]
        assert engines["tts"].is_loaded
    assert client.post("/api/models/tts/unload").status_code == 202


def test_unloading_gives_up_a_load(client: FlaskClient, engines: dict[str, Engine]) -> None:
    client.post("/api/models/llm/load")
    assert client.post("/api/models/llm/unload").json["state"] == "unloaded"  # type: ignore[index]
    engines["llm"].may_load.set()
    assert states(client)["llm"] == "unloaded"


@pytest.mark.parametrize("action", ["load", "unload"])
@pytest.mark.parametrize("kind", ["voice", "TTS", "..", "tts%00", "%2e%2e"])
def test_an_unknown_kind_of_model_is_told_so(client: FlaskClient, kind: str, action: str) -> None:
    answer = client.post(f"/api/models/{kind}/{action}")
    assert answer.status_code == 404
    assert answer.json["error"].endswith(".")  # type: ignore[index]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/models/tts/load", 405),
        ("POST", "/api/status", 405),
        ("DELETE", "/api/models/tts", 404),
    ],
)
def test_errors_are_json_with_a_sentence(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.json is not None
    assert list(answer.json) == ["error"]
    assert answer.json["error"].endswith(".")


def test_what_may_be_done_instead_is_said(client: FlaskClient) -> None:
    assert set(client.get("/api/models/tts/load").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_errors_of_pages_are_sentences_too(client: FlaskClient) -> None:
    answer = client.get("/<script>alert(1)</script>")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "script" not in answer.text


def test_a_large_body_is_refused_unread(client: FlaskClient) -> None:
    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError(f"read {size}")

    body = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(2 * 1024**3)}
    answer = client.post("/api/models/tts/load", environ_overrides=body)
    assert answer.status_code == 413
    assert "1 MB" in answer.json["error"]  # type: ignore[index]

    chunked = {"wsgi.input": Unread(), "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = client.post("/api/models/tts/load", environ_overrides=chunked)
    assert answer.status_code == 411
    assert "Content-Length" in answer.json["error"]  # type: ignore[index]


def test_a_fault_of_ours_is_logged_and_answered_calmly(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("app.memory.snapshot", fail)
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/api/status")
    assert answer.status_code == 500
    assert answer.json == {
        "error": "Something went wrong inside VOX. It goes on running, and its log says what happened."
    }
    assert "the disk is on fire" in caplog.text
