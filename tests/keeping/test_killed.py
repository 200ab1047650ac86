"""A server that is killed, or told to end, in the middle of a reply, and the database it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.llm.chat_server import Exchange, listing, serving
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]

#: Seconds that VOX promises to end within.
PROMISE = 5

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends the signals of Unix")

#: What the brain says: enough for phrases to be waiting when the first ones are heard.
SENTENCES = [
    "The sea is grey today.",
    "It comes in twice a day, and it goes out twice a day again.",
    *["Nobody knows what it will bring along, and nobody asks it either, because it never gives an answer."]
    * 9,
]


@pytest.fixture
def brain() -> Iterator[str]:
    """The address of a language model's server, which tells of the sea, and goes on for ever."""

    def says(exchange: Exchange) -> None:
        exchange.begin()
        for sentence in SENTENCES:
            exchange.say(f"{sentence} ")
        exchange.hang()

    with serving({"/v1/chat/completions": says, "/v1/models": listing("test")}) as server:
        yield server.url


#: What is not needed is not loaded.
OPTIONS = ("--port", "0", "--no-preload", "--tts", "piper", "--llm-url")


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int

    @contextmanager
    def conversation(self, asked: str) -> Iterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/v1/realtime?model=vox&conversation={asked}"
        with contextlib.suppress(OSError), connect(url, open_timeout=60) as ws:
            yield ws

    def get(self, path: str) -> Any:
        with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())


@contextmanager
def vox(folder: Path, brain: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *OPTIONS, brain],
        cwd=ROOT,
        env={**os.environ, "VOX_OFFLINE": "1", "VOX_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        ready = re.match(r"VOX is ready at (http://\S+)", process.stdout.readline())
        assert ready
        yield Running(process, urlsplit(ready[1]).port or 80)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for(ws: ClientConnection, *types: str) -> Any:
    while (event := json.loads(ws.recv(timeout=120)))["type"] not in types:
        pass
    return event


def ask(ws: ClientConnection, question: str, modality: str) -> None:
    content = [{"type": "input_text", "text": question}]
    item = {"type": "message", "role": "user", "content": content}
    ws.send(json.dumps({"type": "conversation.item.create", "item": item}))
    ws.send(json.dumps({"type": "response.create", "response": {"output_modalities": [modality]}}))


def wait_until_kept(folder: Path, sentence: str) -> None:
    wait_until(lambda: sentence in kept(folder)[-1][1])


def kept(folder: Path) -> list[tuple[str, str, str]]:
    """Role, text and state of all messages in the database."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'vox.db'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT role, text, state FROM messages ORDER BY position").fetchall()


def test_a_server_killed_in_mid_reply_has_kept_all_up_to_the_phrase(tmp_path: Path, brain: str) -> None:
    with vox(tmp_path, brain) as running, running.conversation("new") as ws:
        conversation_id = wait_for(ws, "vox.conversation")["id"]
        ask(ws, "What is the sea like?", "audio")
        for _ in range(3):
            wait_for(ws, "vox.phrase")
        wait_until_kept(tmp_path, SENTENCES[1])
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait(PROMISE)
    with sqlite3.connect(tmp_path / "vox.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    heard = " ".join(SENTENCES[:2])
    assert kept(tmp_path) == [
        ("user", "What is the sea like?", "completed"),
        ("assistant", heard, "in_progress"),
    ]

    with vox(tmp_path, brain) as running, running.conversation(conversation_id) as ws:
        assert wait_for(ws, "vox.conversation", "error")["id"] == conversation_id
        messages = running.get(f"/api/conversations/{conversation_id}")["messages"]
        assert [(m["text"], m["state"]) for m in messages][1:] == [(heard, "interrupted")]

        # And one that is told to end writes down the rest.
        ask(ws, "Go on.", "text")
        wait_for(ws, "response.output_text.delta")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PROMISE) == 0
    (_, question, _), (_, written, state) = kept(tmp_path)[2:]
    assert (question, state) == ("Go on.", "interrupted")
    assert written.startswith(SENTENCES[0])
