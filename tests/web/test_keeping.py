"""What is said over the socket can be read, and heard again, over HTTP."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from websockets.sync.client import connect

from app.settings import Settings
from tests.conversation.scripted import (
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    says,
    scripted_models,
)
from tests.served import Served, serve


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server that keeps sound, and answers with two phrases of a second each."""
    brain = ScriptedBrain(says("This takes exactly as long as that. ", "That takes exactly as long as this."))
    brain.is_demo = True  # which is asked for no titles
    voice = ScriptedSynthesizer(samples=240)
    models = scripted_models(ScriptedTranscriber(says("Hello?")), brain, voice)
    with serve(Settings(data_dir=tmp_path, keep_speech=True), models) as served:
        yield served


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as client:
        yield client


class Page:
    def __init__(self, ws: Any) -> None:
        self._ws = ws
        self.conversation_id = self.until("vox.conversation")["id"]

    def send(self, **event: Any) -> None:
        self._ws.send(json.dumps(event))

    def until(self, type_name: str, **fields: Any) -> Any:
        while True:
            event = json.loads(self._ws.recv(timeout=30))
            if event["type"] == type_name and fields.items() <= event.items():
                return event

    def type(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.send(
            type="conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )

    def ask(self, text: str) -> str:
        """A question and its answer, until its sound is kept; returns the answer's id."""
        self.type(text)
        self.send(type="response.create")
        answer: str = self.until("response.output_item.done")["item"]["id"]
        while not (told := self.until("vox.message")["message"])["speech"] or told["id"] != answer:
            pass
        return answer


@contextmanager
def page(served: Served, conversation: str = "new") -> Iterator[Page]:
    with connect(f"{served.socket_url}/v1/realtime?model=vox&conversation={conversation}") as ws:
        yield Page(ws)


def test_a_conversation_is_there_when_the_page_is_loaded_anew(served: Served, http: httpx.Client) -> None:
    with page(served) as tab:
        answer = tab.ask("Hello")
    found = http.get(f"{served.url}/api/conversations/{tab.conversation_id}").json()
    assert found["title"] == "Hello"
    assert [(m["role"], m["text"], m["state"]) for m in found["messages"]] == [
        ("user", "Hello", "completed"),
        ("assistant", "This takes exactly as long as that. That takes exactly as long as this.", "completed"),
    ]
    assert found["messages"][1]["id"] == answer
    with page(served, tab.conversation_id) as again:
        assert again.conversation_id == tab.conversation_id


def test_a_client_that_does_not_ask_for_it_is_not_kept(served: Served, http: httpx.Client) -> None:
    with connect(f"{served.socket_url}/v1/realtime?model=vox") as ws:
        types = []
        ws.send(json.dumps({"type": "response.create"}))
        while "response.done" not in types:
            types.append(json.loads(ws.recv(timeout=30))["type"])
    assert not {"vox.conversation", "vox.conversations", "vox.message"} & set(types)
    assert http.get(f"{served.url}/api/conversations").json()["conversations"] == []


def test_what_is_changed_over_http_is_told_to_every_page(served: Served, http: httpx.Client) -> None:
    with page(served) as tab, page(served) as elsewhere:
        tab.type("Hello")
        address = f"{served.url}/api/conversations/{tab.conversation_id}"
        assert tab.until("vox.conversations")["changed"] == [tab.conversation_id]
        elsewhere.until("vox.conversations")

        http.patch(address, json={"title": "Greetings", "voice": "tone"}).raise_for_status()
        told = tab.until("vox.conversation", title="Greetings")
        assert (told["title_is_own"], told["voice"]) == (True, "tone")
        assert elsewhere.until("vox.conversations")["changed"] == [tab.conversation_id]

        http.delete(address).raise_for_status()
        assert tab.until("vox.conversation", deleted=True)
        http.post(f"{address}/restore").raise_for_status()
        assert tab.until("vox.conversation", deleted=False)["title"] == "Greetings"


def test_a_message_can_be_heard_again(served: Served, http: httpx.Client) -> None:
    with page(served) as tab:
        answer = tab.ask("Hello")
    address = f"{served.url}/api/conversations/{tab.conversation_id}/messages/{answer}/speech"
    wav = http.get(address, params={"format": "wav"})
    sound, rate = soundfile.read(io.BytesIO(wav.content))
    assert wav.headers["Content-Type"] == "audio/wav"
    assert (rate, len(sound)) == (24_000, 70 * 240)

    opus = http.get(address, params={"format": "opus", "download": 1})
    assert opus.headers["Content-Type"] == "audio/ogg"
    assert "Hello.ogg" in opus.headers["Content-Disposition"]
    assert soundfile.info(io.BytesIO(opus.content)).frames == len(sound)

    for form, whole in (("wav", wav.content), ("opus", opus.content)):
        part = http.get(address, params={"format": form}, headers={"Range": "bytes=40-1039"})
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes 40-1039/{len(whole)}"
        assert part.content == whole[40:1040]
        beyond = http.get(address, params={"format": form}, headers={"Range": "bytes=999999999-"})
        assert beyond.status_code == 416
    assert http.get(address, params={"format": "mp3"}).status_code == 400
    assert http.head(address, params={"format": "wav"}).headers["Content-Length"] == str(len(wav.content))


def test_a_whole_conversation_is_one_file(served: Served, http: httpx.Client) -> None:
    with page(served) as tab:
        for question in ("One?", "Two?", "Three?"):
            tab.ask(question)
    address = f"{served.url}/api/conversations/{tab.conversation_id}/speech"
    samples = 3 * 70 * 240 + 2 * 12_000
    for form in ("wav", "opus"):
        whole = http.get(address, params={"format": form})
        assert soundfile.info(io.BytesIO(whole.content)).frames == samples
    assert http.get(address, params={"format": "wav"}, headers={"Range": "bytes=0-43"}).status_code == 206


def test_the_space_is_told_and_given_back(served: Served, http: httpx.Client, tmp_path: Path) -> None:
    with page(served) as tab:
        answer = tab.ask("Hello")
    (file,) = (tmp_path / "speech").rglob("*.ogg")
    space = http.get(f"{served.url}/api/speech").json()
    assert space == {"keep": True, "bytes": file.stat().st_size, "limit_bytes": 1_000_000_000, "messages": 1}
    assert http.delete(f"{served.url}/api/speech").json() == space | {"bytes": 0, "messages": 0}
    assert not file.exists()
    for path in (f"messages/{answer}/speech", "speech"):
        gone = http.get(f"{served.url}/api/conversations/{tab.conversation_id}/{path}")
        assert gone.status_code == 404
        assert gone.json()["error"].startswith("The sound of this is not kept")


def test_sound_of_what_was_deleted_is_out_of_reach_and_then_gone(
    served: Served, http: httpx.Client, tmp_path: Path
) -> None:
    with page(served) as tab:
        answer = tab.ask("Hello")
    address = f"{served.url}/api/conversations/{tab.conversation_id}"
    http.delete(address).raise_for_status()
    for path in (f"messages/{answer}/speech", "speech"):
        assert http.get(f"{address}/{path}").status_code == 404
    assert list((tmp_path / "speech").rglob("*.ogg"))

    with sqlite3.connect(tmp_path / "vox.db") as database:
        database.execute("UPDATE conversations SET deleted_at = '2020-01-01 00:00:00.000000'")
    archive = served.app.extensions["vox"].archive
    swept = threading.Event()
    archive.on_purged(lambda purged: swept.set())
    archive._closed.clear()
    threading.Thread(target=archive._sweep, args=(archive._archive,), daemon=True).start()
    assert swept.wait(20)
    assert list((tmp_path / "speech").rglob("*.ogg")) == []


@pytest.mark.parametrize("path", ["conv_1/speech", "conv_1/messages/x/speech", "..%2f..%2fx/speech"])
def test_unknown_ones_have_no_sound(served: Served, http: httpx.Client, path: str) -> None:
    assert http.get(f"{served.url}/api/conversations/{path}").status_code == 404
