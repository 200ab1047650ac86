"""The API of the models under control: what to do about one in use, changing one, and the memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app, memory_history
from app.engines import EngineError
from app.models import Kind, Model, Models, State
from app.progress import Progress
from app.settings import Settings
from app.switching import Switching
from tests.conversation.scripted import (
    Ear,
    Hanging,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    loaded,
    says,
    scripted_models,
)


@pytest.fixture
def brain() -> Hanging:
    """Answers, and does not come to an end by itself."""
    return Hanging("Let me think. ")


@pytest.fixture
def models(brain: Hanging) -> Models:
    return scripted_models(ScriptedTranscriber(says("Hello.")), ScriptedBrain(brain))


@pytest.fixture
def app(models: Models, tmp_path: Path) -> Flask:
    return create_app(Settings(data_dir=tmp_path), models)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def talking(app: Flask, brain: Hanging) -> Iterator[Ear]:
    """Somebody who is being answered."""
    from app.conversation.session import Session

    ear = Ear()
    state = app.extensions["vox"]
    session = Session(state.models, lambda: state.settings, ear)
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Well?"}]}
    session.create_item(message)
    session.create_response()
    assert brain.is_hanging.wait(10)
    yield ear
    session.close()


def until(condition: Callable[[], bool], model: Model[Any]) -> None:
    """Wait until ``condition`` holds, which a change of ``model`` brings about."""
    changed = threading.Event()
    forget = model.subscribe(lambda _: changed.set())
    while not condition():
        assert changed.wait(10)
        changed.clear()
    forget()


@pytest.mark.parametrize("kind", ["llm", "tts"])
@pytest.mark.usefixtures("talking")
def test_one_in_use_is_asked_about(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("app.web.api.UNLOAD_PATIENCE", 0.0)
    answer = client.post(f"/api/models/{kind}/unload")
    assert answer.status_code == 409
    assert answer.json == {
        "error": "That model is answering someone right now. Stop it first, then try again.",
        "in_use": ["an answer"],
        "when": ["idle", "now"],
    }
    assert client.post(f"/api/models/{kind}/unload", json={"when": "soon"}).status_code == 400
    assert client.post(f"/api/models/{kind}/unload", json=["now"]).status_code == 400


def test_waiting_for_the_end_of_the_answer(
    client: FlaskClient, talking: Ear, brain: Hanging, models: Models
) -> None:
    answer = client.post("/api/models/llm/unload", json={"when": "idle"})
    assert (answer.status_code, answer.json["state"]) == (202, "ready")  # type: ignore[index]
    assert answer.json["goes_when_free"]  # type: ignore[index]
    assert client.post("/api/models/llm/cancel").json["goes_when_free"] is False  # type: ignore[index]
    client.post("/api/models/llm/unload", json={"when": "idle"})
    assert talking.of("response.done") == []


def test_not_waiting_ends_the_answer_properly_and_then_unloads(
    client: FlaskClient, talking: Ear, brain: Hanging, models: Models
) -> None:
    answer = client.post("/api/models/llm/unload", json={"when": "now"})
    assert (answer.status_code, answer.json["state"]) == (202, "unloaded")  # type: ignore[index]
    done = talking.until("response.done")
    assert done.response.status == "cancelled"
    assert [notice.code for notice in talking.of("vox.notice")] == ["model_unloaded"]
    assert brain.was_stopped.wait(10)
    assert models.tts.state is State.READY


def test_a_tab_that_closes_unloads_nothing(app: Flask, brain: Hanging, talking: Ear) -> None:
    del talking
    assert [model.state for model in app.extensions["vox"].models] == [State.READY] * 3


class Other(ScriptedBrain):
    name = "other"


def test_a_model_is_changed_by_its_settings_and_they_are_kept(
    app: Flask, client: FlaskClient, models: Models
) -> None:
    asked: list[tuple[Kind, str]] = []

    def load(kind: Kind, settings: Settings, progress: Progress) -> Any:
        asked.append((kind, settings.llm_model))
        return Other(says("Hello."))

    state = app.extensions["vox"]
    state.switching = Switching(state.store, load)
    answer = client.post("/api/models/llm/switch", json={"llm_model": "other"})
    assert answer.status_code == 202
    until(lambda: models.llm.snapshot()["name"] == "other", models.llm)
    assert asked == [("llm", "other")]
    assert state.settings.llm_model == "other"


def test_a_model_that_cannot_be_had_is_not_chosen(app: Flask, client: FlaskClient, models: Models) -> None:
    def load(kind: Kind, settings: Settings, progress: Progress) -> Any:
        raise EngineError("No language model answers there. Start it.")

    state = app.extensions["vox"]
    state.switching = Switching(state.store, load)
    client.post("/api/models/llm/switch", json={"llm_model": "other"})
    until(lambda: models.llm.error != "", models.llm)
    shown = client.get("/api/status").json["models"]["llm"]  # type: ignore[index]
    assert (shown["state"], shown["name"]) == ("ready", "scripted")
    assert shown["error"] == "No language model answers there. Start it."
    assert state.settings.llm_model == ""
    assert not state.store.path.exists()


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("llm", {"stt": "base"}, "llm_url"),
        ("stt", {"stt": 7}, "stt=7"),
        ("tts", {"tts": "festival"}, "chatterbox"),
        ("tts", {"host": "0.0.0.0"}, "does not choose"),
    ],
)
def test_a_choice_that_is_none_begins_nothing(client: FlaskClient, kind: str, values: Any, says: str) -> None:
    answer = client.post(f"/api/models/{kind}/switch", json=values)
    assert answer.status_code == 400
    assert says in answer.json["error"]  # type: ignore[index]
    assert client.get("/api/status").json["models"][kind]["switching"] is False  # type: ignore[index]


def test_a_choice_fixed_at_the_start_stays(tmp_path: Path, models: Models) -> None:
    settings = Settings.from_environment({"VOX_STT": "base", "VOX_DATA_DIR": str(tmp_path)})
    answer = create_app(settings, models).test_client().post("/api/models/stt/switch", json={"stt": "small"})
    assert answer.status_code == 409
    assert "VOX_STT" in answer.json["error"]  # type: ignore[index]


def test_a_new_temperature_holds_from_the_next_answer_on(tmp_path: Path) -> None:
    from app.llm.chat import ChatBrain

    brain = ChatBrain("http://127.0.0.1:9/v1", "any")
    models = Models(
        loaded("stt", ScriptedTranscriber(says(""))),
        loaded("llm", brain),
        loaded("tts", ScriptedSynthesizer()),
    )
    client = create_app(Settings(data_dir=tmp_path), models).test_client()
    client.patch("/api/settings", json={"llm_temperature": 0.3})
    assert brain.temperature == 0.3
    client.patch("/api/settings", json={"llm_temperature": -1})
    assert brain.temperature is None


def test_whisper_models_are_offered_with_their_size_and_whether_they_are_here(client: FlaskClient) -> None:
    choices = {choice["value"]: choice for choice in client.get("/api/models/stt/choices").json["stt"]}  # type: ignore[index]
    assert next(iter(choices)) == "auto"
    assert choices["tiny.en"]["on_disk"] is True
    assert "came with VOX" in choices["tiny.en"]["about"]
    assert choices["small"]["megabytes"] > choices["base"]["megabytes"] > 100
    assert {choice["on_disk"] for name, choice in choices.items() if name != "auto"} <= {True, False}


@pytest.mark.parametrize("offline", [True, False])
def test_nothing_is_offered_for_download_by_who_stays_offline(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    client = create_app(Settings(data_dir=tmp_path, offline=offline), models).test_client()
    for kind, setting in (("stt", "stt"), ("tts", "tts")):
        offered = client.get(f"/api/models/{kind}/choices").json
        assert offered is not None
        assert {choice["downloadable"] for choice in offered[setting]} == {not offline}


def test_voices_are_offered(client: FlaskClient) -> None:
    offered = client.get("/api/models/tts/choices").json
    assert offered is not None
    assert [choice["value"] for choice in offered["tts"]] == ["auto", "chatterbox", "piper"]
    assert "int8" in [choice["value"] for choice in offered["chatterbox_precision"]]
    assert client.get("/api/models/llm/choices").status_code == 404


def test_the_memory_over_time(client: FlaskClient) -> None:
    assert client.get("/api/memory").status_code == 200
    memory_history.of_this_process().note()
    told = client.get("/api/memory").json
    assert told is not None
    assert told["now"]["process_bytes"] > 1_000_000
    assert told["history"]["process_bytes"][-1] > 1_000_000
    assert told["history"]["interval_seconds"] > 0
