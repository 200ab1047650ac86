"""The JSON API of conversations, as a page or a program uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.archive.conversations import Conversations
from app.archive.records import MessageRecord
from app.assembly import assemble
from app.settings import Settings
from app.web import Vox, vox

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)


def app_in(folder: Path) -> Flask:
    settings = Settings(data_dir=folder, offline=True)
    return create_app(settings, assemble(settings))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = app_in(tmp_path / "data")
    yield app
    vox(app).archive.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def conversations(app: Flask) -> Conversations:
    """What another part of VOX keeps."""
    return vox(app).archive.conversations


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The conversations whose change was told to open pages."""
    told: list[str] = []
    monkeypatch.setattr(
        Vox, "conversations_changed", lambda self, conversation_id: told.append(conversation_id)
    )
    return told


def keep(conversations: Conversations, conversation_id: str, *texts: str, hour: int = 0) -> None:
    at = NOON + timedelta(hours=hour)
    conversations.begin(conversation_id, at=at)
    for number, text in enumerate(texts):
        role: Any = ("user", "assistant")[number % 2]
        conversations.add_message(
            MessageRecord(f"item_{number}", conversation_id, role, text, True, "completed", None, at, at)
        )


def answer(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert isinstance(response.json, dict)
    return response.json


def refused(response: TestResponse, status: int) -> str:
    """The sentence of an error."""
    sentence = answer(response, status)["error"]
    assert isinstance(sentence, str)
    assert sentence.endswith(".")
    return sentence


def test_the_list_is_answered_page_by_page(client: FlaskClient, conversations: Conversations) -> None:
    assert answer(client.get("/api/conversations")) == {"conversations": [], "next": None}
    for number in range(3):
        keep(conversations, f"conv_{number}", "hello", "hello to you", hour=number)
    first = answer(client.get("/api/conversations?limit=2"))
    assert [one["id"] for one in first["conversations"]] == ["conv_2", "conv_1"]
    rest = answer(client.get(f"/api/conversations?limit=2&before={first['next']}"))
    assert rest == {
        "conversations": [
            {
                "id": "conv_0",
                "title": "",
                "title_is_own": False,
                "voice": None,
                "created_at": "2026-11-21T12:00:00.000Z",
                "updated_at": "2026-11-21T12:00:00.000Z",
                "message_count": 2,
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=²", "limit=1e3", "before=zzz", "before=%00"]
)
def test_a_list_that_cannot_be_is_refused(client: FlaskClient, query: str) -> None:
    refused(client.get(f"/api/conversations?{query}"), 400)


def test_one_is_opened_and_opening_changes_nothing(client: FlaskClient, conversations: Conversations) -> None:
    keep(conversations, "conv_1", "Why?", "Because.")
    conversations.change_message("conv_1", "item_1", state="failed", error="The voice broke.")
    found = answer(client.get("/api/conversations/conv_1"))
    assert found["messages"][1] == {
        "id": "item_1",
        "role": "assistant",
        "text": "Because.",
        "state": "failed",
        "error": "The voice broke.",
        "is_audio": True,
        "created_at": "2026-11-21T12:00:00.000Z",
        "ended_at": "2026-11-21T12:00:00.000Z",
        "speech": None,
        "unheard": "",
    }
    assert answer(client.get("/api/conversations/conv_1")) == found


def test_a_title_and_a_voice_are_changed_and_told(
    client: FlaskClient, conversations: Conversations, changed: list[str]
) -> None:
    keep(conversations, "conv_1", "Hello")
    renamed = answer(client.patch("/api/conversations/conv_1", json={"title": " <b>My</b>\n title\u202e "}))
    assert (renamed["title"], renamed["title_is_own"], renamed["voice"]) == ("<b>My</b> title", True, None)
    both = answer(client.patch("/api/conversations/conv_1", json={"title": "x" * 999, "voice": "joe"}))
    assert (len(both["title"]), both["voice"]) == (120, "joe")
    assert answer(client.patch("/api/conversations/conv_1", json={"voice": None}))["voice"] is None
    assert changed == ["conv_1"] * 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"title"',
        b'{"title": ""}',
        b'{"title": " \\u200b \\n"}',
        b'{"title": 1}',
        b'{"title": null}',
        b'{"voice": 1}',
        b'{"voice": {}}',
        b'{"title": "x", "id": "conv_2"}',
        b'{"voice": "' + b"x" * 300 + b'"}',
        b"\xff\xfe",
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_changes(
    client: FlaskClient, conversations: Conversations, body: bytes, changed: list[str]
) -> None:
    keep(conversations, "conv_1", "Hello")
    before = conversations.find("conv_1")
    refused(client.patch("/api/conversations/conv_1", data=body, content_type="application/json"), 400)
    assert conversations.find("conv_1") == before
    assert changed == []


def test_a_deleted_one_is_gone_and_can_be_brought_back(
    client: FlaskClient, conversations: Conversations, changed: list[str]
) -> None:
    keep(conversations, "conv_1", "a zebra")
    deleted = client.delete("/api/conversations/conv_1")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert answer(client.get("/api/conversations"))["conversations"] == []
    assert answer(client.get("/api/conversations/search?q=zebra"))["hits"] == []
    assert answer(client.post("/api/conversations/conv_1/restore"))["message_count"] == 1
    assert len(answer(client.get("/api/conversations"))["conversations"]) == 1
    assert changed == ["conv_1", "conv_1"]


@pytest.mark.parametrize(
    "name", ["conv_none", "conv_deleted", "%00", "%ED%A0%80", "' OR 1=1 --", "..", "x" * 3000]
)
def test_an_unknown_one_is_not_found_whatever_is_asked_of_it(
    client: FlaskClient, conversations: Conversations, name: str
) -> None:
    keep(conversations, "conv_deleted", "hello")
    conversations.delete("conv_deleted")
    address = f"/api/conversations/{quote(name, safe='%')}"
    for response in (
        client.get(address),
        client.patch(address, json={"title": "x"}),
        client.patch(address, json={"voice": None}),
        client.delete(address),
        client.get(f"{address}/export"),
    ):
        refused(response, 404)
    if name != "conv_deleted":
        refused(client.post(f"{address}/restore"), 404)


def test_a_search_tells_where_the_words_are(client: FlaskClient, conversations: Conversations) -> None:
    keep(conversations, "conv_1", "Do zebras sleep?", "They do.")
    conversations.rename("conv_1", "Zebras at night", own=False)
    (hit,) = answer(client.get("/api/conversations/search?q=zebra"))["hits"]
    assert hit["conversation"]["id"] == "conv_1"
    assert hit["matches"] == [
        {
            "message_id": None,
            "role": None,
            "snippet": [{"text": "Zebras", "hit": True}, {"text": " at night", "hit": False}],
        },
        {
            "message_id": "item_0",
            "role": "user",
            "snippet": [
                {"text": "Do ", "hit": False},
                {"text": "zebras", "hit": True},
                {"text": " sleep?", "hit": False},
            ],
        },
    ]
    for nothing in ("", "?q=", "?q=%00", "?q=%FF", "?q=" + "x" * 5000):
        assert answer(client.get(f"/api/conversations/search{nothing}"))["hits"] == []


def test_a_conversation_is_taken_away_as_a_file(client: FlaskClient, conversations: Conversations) -> None:
    keep(conversations, "conv_1", "Why is <b> bold?", "Because.")
    conversations.rename("conv_1", 'Über "HTML"/日本', own=True)
    markdown = client.get("/api/conversations/conv_1/export?format=markdown")
    assert markdown.content_type == "text/markdown; charset=utf-8"
    assert markdown.headers["X-Content-Type-Options"] == "nosniff"
    disposition = markdown.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert quote("2026-11-21 Über HTML 日本.md") in disposition
    assert "Why is \\<b\\> bold?" in markdown.text
    exported = client.get("/api/conversations/conv_1/export?format=json")
    assert exported.content_type == "application/json"
    assert [message["text"] for message in json.loads(exported.data)["messages"]] == [
        "Why is <b> bold?",
        "Because.",
    ]
    refused(client.get("/api/conversations/conv_1/export?format=exe"), 400)


def test_a_page_of_another_site_changes_nothing(client: FlaskClient, conversations: Conversations) -> None:
    keep(conversations, "conv_1", "hello")
    foreign = {"Origin": "https://evil.example"}
    refused(client.delete("/api/conversations/conv_1", headers=foreign), 403)
    refused(client.patch("/api/conversations/conv_1", json={"title": "x"}, headers=foreign), 403)
    assert conversations.find("conv_1").title == ""


def test_vox_starts_and_answers_with_a_sentence_where_its_database_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "vox.db"
    file.write_text("This is no database.")
    client = app_in(tmp_path).test_client()
    assert client.get("/").status_code == 200
    assert client.get("/api/status").status_code == 200
    for response in (
        client.get("/api/conversations"),
        client.get("/api/conversations/search?q=x"),
        client.get("/api/conversations/conv_1"),
        client.delete("/api/conversations/conv_1"),
    ):
        assert str(file) in refused(response, 503)
        assert int(response.headers["Retry-After"]) > 0
    assert file.read_text() == "This is no database."
