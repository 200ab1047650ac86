"""The API of the server's settings: everything is shown but the secrets, and what may change does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.settings import Settings

URL = "http://127.0.0.1:9/v1"


@pytest.fixture
def started(tmp_path: Path) -> Callable[..., Flask]:
    """``started(VOX_TTS="piper")``: VOX with those variables."""

    def start(**environ: str) -> Flask:
        return create_app(Settings.from_environment({"VOX_DATA_DIR": str(tmp_path), **environ}))

    return start


def shown(client: FlaskClient) -> dict[str, dict[str, Any]]:
    return {setting["name"]: setting for setting in client.get("/api/settings").json["settings"]}  # type: ignore[index]


def test_every_setting_is_shown_with_its_source(started: Callable[..., Flask]) -> None:
    settings = shown(started(VOX_TTS="piper", VOX_PORT="80").test_client())
    assert settings["tts"]["value"] == "piper"
    assert (settings["tts"]["source"], settings["tts"]["fixed"]) == ("VOX_TTS", True)
    assert "VOX_TTS" in settings["tts"]["why_fixed"]
    assert settings["tts"]["choices"] == ["auto", "chatterbox", "piper"]
    assert (settings["stt"]["source"], settings["stt"]["fixed"]) == ("default", False)
    assert settings["host"]["fixed"]
    assert settings["max_reply_tokens"]["between"] == [1, 100_000]
    assert all(setting["meaning"] for setting in settings.values())


def test_a_secret_never_comes_back(started: Callable[..., Flask]) -> None:
    app = started(VOX_TOKEN="open-sesame", VOX_DATABASE_URL="postgresql://ada:secret@db/vox")
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer open-sesame"
    answer = client.patch("/api/settings", json={"llm_url": URL, "llm_key": "sk-123456"})
    assert answer.status_code == 200
    for text in (answer.text, client.get("/api/settings").text, client.get("/api/status").text):
        assert not [secret for secret in ("open-sesame", "secret@db", "sk-123456") if secret in text]
    settings = shown(client)
    assert [settings[name]["value"] for name in ("token", "llm_key", "database_url")] == [None] * 3
    assert [settings[name]["is_set"] for name in ("token", "llm_key", "database_url")] == [True] * 3
    assert client.patch("/api/settings", json={"llm_url": "http://127.0.0.1:10"}).status_code == 200
    assert not shown(client)["llm_key"]["is_set"]


def test_whose_key_is_kept_is_told_until_it_is_forgotten(started: Callable[..., Flask]) -> None:
    client = started().test_client()
    assert shown(client)["llm_key"]["kept_for"] == ""
    client.patch("/api/settings", json={"llm_url": URL, "llm_key": "sk-123456"})
    assert shown(client)["llm_key"]["kept_for"] == URL
    client.patch("/api/settings", json={"llm_url": "http://127.0.0.1:10"})
    assert shown(client)["llm_key"]["kept_for"] == URL  # it comes back with that server
    client.patch("/api/settings", json={"llm_key": None})
    assert shown(client)["llm_key"]["kept_for"] == ""
    client.patch("/api/settings", json={"llm_url": URL})
    assert not shown(client)["llm_key"]["is_set"]


def test_a_key_entered_in_the_page_is_blacked_out_in_the_log(
    started: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    from app.serving.logs import DiscreetFormatter

    started().test_client().patch("/api/settings", json={"llm_url": URL, "llm_key": "sk-in-the-log"})
    record = logging.LogRecord("app", logging.INFO, "", 0, "sent sk-in-the-log", None, None)
    assert "sk-in-the-log" not in DiscreetFormatter().format(record)


def test_a_change_holds_for_the_server_and_after_a_restart(started: Callable[..., Flask]) -> None:
    app = started()
    assert app.test_client().patch("/api/settings", json={"idle_minutes": 10}).status_code == 200
    assert app.extensions["vox"].settings.idle_minutes == 10
    assert shown(started().test_client())["idle_minutes"]["source"] == "settings.json"


@pytest.mark.parametrize(
    ("values", "status", "says"),
    [
        ({"tts": "chatterbox"}, 409, "Set by VOX_TTS"),
        ({"host": "0.0.0.0"}, 409, "VOX_HOST"),
        ({"allowed_hosts": "evil.example"}, 409, "VOX_ALLOWED_HOSTS"),
        ({"token": ""}, 409, "VOX_TOKEN"),
        ({"stt": 5}, 400, "stt=5"),
        ({"colour": "red"}, 400, "colour"),
        ([1, 2], 400, "JSON object"),
    ],
)
def test_what_cannot_be_changed_says_why(
    started: Callable[..., Flask], tmp_path: Path, values: Any, status: int, says: str
) -> None:
    answer = started(VOX_TTS="piper").test_client().patch("/api/settings", json=values)
    assert answer.status_code == status
    assert says in answer.json["error"]  # type: ignore[index]
    assert not (tmp_path / "settings.json").exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/settings"),
        ("POST", "/api/brain/test"),
        ("POST", "/api/brain/models"),
        ("POST", "/api/models/llm/switch"),
    ],
)
def test_no_other_site_can_change_or_ask_anything(
    started: Callable[..., Flask], method: str, path: str, headers: dict[str, str]
) -> None:
    answer = (
        started().test_client().open(path, method=method, json={"llm_url": URL, "url": URL}, headers=headers)
    )
    assert answer.status_code in (400, 403)


def test_what_is_wrong_with_the_file_is_told(started: Callable[..., Flask], tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"tts": "festival", "stt": "base"}))
    client = started().test_client()
    assert "festival" in client.get("/api/settings").json["problems"][0]  # type: ignore[index]
    assert shown(client)["stt"]["value"] == "base"


def test_a_disk_that_is_full_is_said_so(
    started: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = started().test_client()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = client.patch("/api/settings", json={"stt": "base"})
    assert answer.status_code == 507
    assert "No space left" in answer.json["error"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("voice", "/etc/passwd"),
        ("voice", "..\\secret.wav"),
        ("voice", "~/voice.wav"),
        ("stt", "/etc"),
        ("stt", "../../models"),
        ("chatterbox_dir", "C:\\models"),
    ],
)
def test_no_page_can_have_a_file_or_folder_opened(
    started: Callable[..., Flask], name: str, value: str
) -> None:
    client = started().test_client()
    kind = "stt" if name == "stt" else "tts"
    for answer in (
        client.patch("/api/settings", json={name: value}),
        client.post(f"/api/models/{kind}/switch", json={name: value}),
    ):
        assert answer.status_code == 400
        assert "Start VOX with" in answer.text
    assert shown(client)[name]["source"] == "default"
