"""Clients that vanish, stall, flood or babble, and what becomes of everyone else."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_raw

from app.settings import Settings
from app.web import realtime
from tests.conversation.scripted import (
    Hanging,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    says,
    scripted_models,
)
from tests.served import Served, serve
from tests.waiting import wait_until

#: The killed client's own log: a thread of it reads the socket that the test shuts under it.
CLIENT_LOG = "websockets.client"


class Talkative:
    """A VOX with scripted engines, whose brain hangs after its first sentence."""

    def __init__(self) -> None:
        self.brain = Hanging("Good day to you, my friend. ", "And so ")
        self.voice = ScriptedSynthesizer()
        self.models = scripted_models(
            ScriptedTranscriber(says("Hello.")), ScriptedBrain(self.brain), self.voice
        )


@pytest.fixture
def talkative() -> Talkative:
    return Talkative()


@pytest.fixture
def served(talkative: Talkative) -> Iterator[Served]:
    with serve(Settings(max_sessions=8), talkative.models) as served:
        yield served


def connect(served: Served) -> ClientConnection:
    return connect_raw(f"{served.socket_url}/v1/realtime?model=vox", max_size=None)


def ask(client: ClientConnection, text: str = "Hello.") -> None:
    content = [{"type": "input_text", "text": text}]
    item = {"type": "message", "role": "user", "content": content}
    client.send(json.dumps({"type": "conversation.item.create", "item": item}))
    client.send(json.dumps({"type": "response.create"}))


def until(client: ClientConnection, type_name: str) -> dict[str, object]:
    while True:
        event: dict[str, object] = json.loads(client.recv())
        if event["type"] == type_name:
            return event


def read_on(client: ClientConnection) -> None:
    while True:
        client.recv()


def places_taken(served: Served) -> int:
    return len(served.app.extensions["vox"].sessions)


@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_killed_tab_ends_its_turn_and_frees_its_place(
    served: Served, talkative: Talkative, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(served) as client:
        ask(client)
        until(client, "response.output_audio.delta")
        if how == "RST":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()
        else:
            client.socket.shutdown(socket.SHUT_RDWR)
    assert talkative.brain.was_stopped.wait(30)
    wait_until(lambda: places_taken(served) == 0)
    assert not [record for record in caplog.records if record.exc_info and record.name != CLIENT_LOG]


def test_a_client_that_never_reads_is_disconnected_and_nobody_else_waits(
    served: Served, talkative: Talkative
) -> None:
    # More than the kernel's buffers take, less than the queue does.
    two_minutes = np.zeros(120 * 24_000, np.float32)
    talkative.voice.synthesize = lambda *_: iter([two_minutes])  # type: ignore[method-assign]
    stalled = passive(served)
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    wait_until(lambda: places_taken(served) == 1)
    for _ in range(3):
        stalled.sendall(_frame({"type": "response.create"}))
    with connect(served) as other:
        ask(other)
        until(other, "response.output_audio.delta")
        assert places_taken(served) == 2
    wait_until(lambda: places_taken(served) == 0)
    stalled.close()


def test_a_client_that_has_vanished_is_noticed_by_what_it_does_not_answer(
    talkative: Talkative, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime, "PING_SECONDS", 0.2)
    with serve(Settings(max_sessions=1), talkative.models) as served:
        vanished = passive(served)
        wait_until(lambda: places_taken(served) == 1)
        wait_until(lambda: places_taken(served) == 0)
        with connect(served) as other:
            until(other, "session.created")
        vanished.close()


def test_a_client_that_does_not_answer_a_close_holds_nothing_up(served: Served) -> None:
    mute = passive(served)
    wait_until(lambda: places_taken(served) == 1)
    served.app.extensions["vox"].sessions.close_all()
    wait_until(lambda: places_taken(served) == 0)
    mute.settimeout(30)
    received = b"".join(iter(lambda: mute.recv(65_536), b""))
    assert b"VOX is shutting down." in received
    mute.close()


def passive(served: Served) -> socket.socket:
    """A client that opens the socket and does nothing more by itself."""
    client = socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])))
    client.sendall(
        b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    return client


def _frame(event: dict[str, str]) -> bytes:
    """A masked text frame (mask of zeros) of less than 126 bytes."""
    payload = json.dumps(event).encode()
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def test_two_hundred_tabs_opened_and_closed_leave_nothing_behind(served: Served) -> None:
    def visit() -> None:
        with connect(served) as client:
            until(client, "vox.models")

    visit()
    wait_until(lambda: places_taken(served) == 0)
    process = psutil.Process()
    descriptors, threads = process.num_fds(), threading.active_count()
    for _ in range(200):
        visit()
    wait_until(lambda: places_taken(served) == 0)
    wait_until(lambda: process.num_fds() <= descriptors + 2)
    wait_until(lambda: threading.active_count() <= threads + 2)


def test_an_oversized_message_closes_the_socket_and_its_thread(served: Served) -> None:
    with connect(served) as client:
        until(client, "vox.models")
        with suppress(ConnectionClosed):
            client.send("x" * (17 * 1024 * 1024))
        with pytest.raises(ConnectionClosed) as closed:
            read_on(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    wait_until(lambda: places_taken(served) == 0)


def test_a_flood_closes_the_socket(served: Served) -> None:
    megabyte = base64.b64encode(bytes(750_000)).decode()
    message = json.dumps({"type": "input_audio_buffer.append", "audio": megabyte})
    with connect(served) as client:
        with suppress(ConnectionClosed):
            for _ in range(192):
                client.send(message)
        with pytest.raises(ConnectionClosed):
            read_on(client)
    wait_until(lambda: places_taken(served) == 0)


def test_a_message_in_pieces_is_one_message(served: Served) -> None:
    event = json.dumps({"type": "nothing", "event_id": "Grüße"}, ensure_ascii=False).encode()
    with connect(served) as client:
        client.send((event[n : n + 1] for n in range(len(event))), text=True)
        error = until(client, "error")["error"]
        assert isinstance(error, dict)
        assert (error["code"], error["event_id"]) == ("unknown_event", "Grüße")


def test_text_that_is_not_utf8_closes_the_socket(served: Served) -> None:
    with connect(served) as client:
        until(client, "vox.models")
        client.send(b"\xff\xfe\xfd", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            read_on(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
    wait_until(lambda: places_taken(served) == 0)


def test_a_plain_request_is_told_that_this_is_a_websocket(served: Served) -> None:
    answer = served.app.test_client().get("/v1/realtime")
    assert answer.status_code == 426
    assert "WebSocket" in answer.get_json()["error"]
