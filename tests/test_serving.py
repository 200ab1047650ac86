"""The server as people run it: a process of its own, which answers, and ends when it is told to."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]

#: Seconds that VOX promises to end within.
PROMISE = 5

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends the signals of Unix")

each_server = pytest.mark.parametrize("server", ["gunicorn", "werkzeug"])


@dataclass
class Vox:
    """A running ``vox``."""

    process: subprocess.Popen[str]
    link: str
    log: Path

    @property
    def port(self) -> int:
        return urlsplit(self.link).port or 80

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            answer: HTTPResponse = connection.getresponse()
            return answer.status, answer.read().decode()

    def states(self) -> dict[str, str]:
        models = json.loads(self.get("/api/status")[1])["models"]
        return {kind: model["state"] for kind, model in models.items()}

    @contextmanager
    def conversation(self) -> Iterator[ClientConnection]:
        """An open conversation."""
        with connect(f"ws://127.0.0.1:{self.port}/v1/realtime?model=vox", open_timeout=60) as ws:
            assert json.loads(ws.recv(timeout=60))["type"] == "session.created"
            yield ws

    def send(self, raw: bytes) -> socket.socket:
        """A connection on which ``raw`` was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(raw)
        return connection

    def tell(self, name: str) -> None:
        """Send a signal: SIGINT as Ctrl-C does, to every process of the terminal; others to vox."""
        number = getattr(signal, name)
        if name == "SIGINT":
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def ends_well(self) -> None:
        """Within the promised time, with nothing left over and nothing to complain of."""
        children = psutil.Process(self.process.pid).children()
        assert self.process.wait(PROMISE) == 0
        assert still_running(children) == []
        assert "Traceback" not in self.log.read_text(encoding="utf-8")


def still_running(processes: list[psutil.Process], within: float = 1) -> list[psutil.Process]:
    """Those of ``processes`` that go on; one that has ended may wait for init to take note."""
    left = psutil.wait_procs(processes, timeout=within)[1]
    return [process for process in left if process.status() != psutil.STATUS_ZOMBIE]


def close_code(ws: ClientConnection) -> int | None:
    """The code that the server closes ``ws`` with, once what it still sends has been read."""
    try:
        while True:
            ws.recv(timeout=PROMISE)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


Start = Callable[..., AbstractContextManager[Vox]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """``with start("--option", …) as vox``: runs the command on a free port. It stays off the
    network unless ``hub`` is the address of a model hub."""

    @contextmanager
    def run(*options: str, command: tuple[str, ...] = ("-m", "app"), hub: str = "") -> Iterator[Vox]:
        network = {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "hub")} if hub else {"VOX_OFFLINE": "1"}
        log = tmp_path / "log"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, *command, "--port", "0", *options],
                cwd=ROOT,
                env={**os.environ, **network},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            ready = re.match(r"VOX is ready at (http://\S+)", line)
            assert ready, line + log.read_text(encoding="utf-8")
            yield Vox(process, ready[1], log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    return run


@pytest.fixture
def silent_brain() -> Iterator[str]:
    """The address of a language model's server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


@each_server
def test_it_says_where_it_is_and_answers_there(start: Start, server: str) -> None:
    with start("--no-preload", "--server", server) as vox:
        assert vox.link == f"http://127.0.0.1:{vox.port}"
        assert vox.get("/")[0] == 200
        assert vox.states() == {"tts": "unloaded", "stt": "unloaded", "llm": "unloaded"}
        assert vox.get("/", Host="evil.example")[0] == 400


@each_server
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_ends_when_told_to(start: Start, server: str, name: str) -> None:
    with start("--no-preload", "--server", server) as vox:
        vox.get("/")
        vox.tell(name)
        vox.ends_well()


def test_its_clocks_end_it_within_what_is_promised() -> None:
    from app.serving import closing
    from app.serving.with_gunicorn import KILL_AFTER

    assert closing.PATIENCE < KILL_AFTER < PROMISE


def test_it_ends_with_its_terminal(start: Start) -> None:
    with start("--no-preload") as vox:
        vox.tell("SIGHUP")
        vox.ends_well()


@each_server
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_open_sockets_are_told_that_it_goes_away(start: Start, server: str, name: str) -> None:
    with start("--no-preload", "--server", server) as vox, contextlib.ExitStack() as sockets:
        open_sockets = [sockets.enter_context(vox.conversation()) for _ in range(5)]
        vox.tell(name)
        for ws in open_sockets:
            assert close_code(ws) == 1001
        vox.ends_well()


@each_server
def test_it_ends_in_the_middle_of_speaking(start: Start, server: str) -> None:
    pack = ("--tts", "piper", "--llm-url", "builtin")
    with start(*pack, "--server", server) as vox, vox.conversation() as ws:
        question = [{"type": "input_text", "text": "Tell me a long story about the sea."}]
        item = {"type": "message", "role": "user", "content": question}
        ws.send(json.dumps({"type": "conversation.item.create", "item": item}))
        ws.send(json.dumps({"type": "response.create"}))
        while json.loads(ws.recv(timeout=120))["type"] != "response.output_audio.delta":
            pass
        vox.tell("SIGTERM")
        assert close_code(ws) == 1001
        vox.ends_well()


def test_without_the_hub_the_pack_talks_and_says_so(start: Start) -> None:
    with start("--llm-url", "builtin", hub="http://127.0.0.1:9") as vox:
        wait_until(lambda: set(vox.states().values()) <= {"ready", "failed"})
        models = json.loads(vox.get("/api/status")[1])["models"]
        assert {kind: model["state"] for kind, model in models.items()} == dict.fromkeys(models, "ready")
        assert models["tts"]["name"].startswith("Piper")
        assert "Chatterbox" in models["tts"]["notice"]
        assert models["llm"]["demo"]


def test_pages_are_answered_with_every_place_for_a_socket_taken(start: Start) -> None:
    with start("--no-preload", "--max-sessions", "20") as vox, contextlib.ExitStack() as sockets:
        for _ in range(20):
            sockets.enter_context(vox.conversation())
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(vox.get("/")[0])) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert answers == [200] * 30


@each_server
def test_the_page_is_answered_while_models_load(start: Start, server: str, silent_brain: str) -> None:
    with start("--llm-url", silent_brain, "--server", server) as vox:
        assert vox.get("/")[0] == 200
        assert vox.states()["llm"] == "loading"
        vox.tell("SIGTERM")  # and a load under way does not keep it
        vox.ends_well()


@each_server
def test_requests_that_never_end_do_not_keep_it(start: Start, server: str) -> None:
    with start("--no-preload", "--server", server) as vox:
        unfinished = [
            vox.send(b""),
            vox.send(b"GET / HTTP/1.1\r\nHost: loc"),
            vox.send(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ntoken="),
        ]
        vox.get("/")
        vox.tell("SIGTERM")
        vox.ends_well()
        for connection in unfinished:
            connection.close()


def test_a_computation_that_nothing_interrupts_does_not_keep_it(start: Start, tmp_path: Path) -> None:
    # Holds the interpreter for longer than the universe will last.
    stuck = a_script(tmp_path, "gunicorn", "re.match('(a+)+$', 'a' * 99 + 'b')")
    with start(command=(stuck,)) as vox:
        vox.tell("SIGTERM")
        vox.ends_well()


@each_server
def test_who_holds_the_log_for_ever_does_not_keep_it(start: Start, tmp_path: Path, server: str) -> None:
    holding = a_script(tmp_path, server, "logging.root.handlers[0].acquire(); threading.Event().wait()")
    with start(command=(holding,)) as vox:
        assert vox.get("/")[0] == 200
        vox.tell("SIGTERM")
        vox.ends_well()
        assert "ended as it was" in vox.log.read_text(encoding="utf-8")


def a_script(folder: Path, server: str, work: str) -> str:
    """A program that serves with no models, and does ``work`` in a thread once it answers."""
    script = folder / "script.py"
    script.write_text(
        "import logging, re, threading\n"
        "from app import serving\n"
        "from app.serving.listening import address_of, listen\n"
        "from app.settings import Settings\n"
        "logging.basicConfig()\n"
        "listener = listen('127.0.0.1', 0)\n"
        "address = address_of(listener, '127.0.0.1')\n"
        "def work():\n"
        f"    {work}\n"
        "def ready():\n"
        "    print('VOX is ready at', address, flush=True)\n"
        "    threading.Thread(target=work, daemon=True).start()\n"
        f"serving.serve(Settings(preload=False), listener, ready, {server!r})\n",
        encoding="utf-8",
    )
    return str(script)


def test_a_worker_that_dies_is_replaced(start: Start) -> None:
    with start("--no-preload") as vox:
        (worker,) = psutil.Process(vox.process.pid).children()
        worker.kill()
        worker.wait(10)
        assert vox.get("/")[0] == 200  # the address was open all the time
        vox.tell("SIGTERM")
        vox.ends_well()
        assert vox.process.stdout is not None
        assert vox.process.stdout.read() == ""  # it says once where it is


def test_nothing_is_left_behind_when_the_watching_process_is_killed(start: Start) -> None:
    with start("--no-preload") as vox:
        children = psutil.Process(vox.process.pid).children()
        vox.tell("SIGKILL")
        assert still_running(children, within=10) == []


@each_server
def test_an_endless_body_is_refused_before_it_is_read(start: Start, server: str) -> None:
    post = b"POST /api/models/tts/load HTTP/1.1\r\nHost: localhost\r\n"
    with start("--no-preload", "--server", server) as vox:
        with vox.send(post + b"Content-Length: 2147483648\r\n\r\n") as connection:
            assert connection.recv(12) == b"HTTP/1.1 413"
        with vox.send(post + b"Transfer-Encoding: chunked\r\n\r\n") as connection:
            assert connection.recv(12) == b"HTTP/1.1 411"
        assert vox.states()["tts"] == "unloaded"


@each_server
def test_the_token_is_printed_once_and_logged_never(start: Start, server: str) -> None:
    with start("--no-preload", "--host", "0.0.0.0", "--log-level", "debug", "--server", server) as vox:
        token = vox.link.partition("?token=")[2]
        assert len(token) >= 32
        assert vox.get("/api/status")[0] == 401
        assert vox.get(f"/?token={token}")[0] == 303
        assert vox.get("/api/status", Authorization=f"Bearer {token}")[0] == 200
        assert vox.get(f"/nothing?token={token}", Authorization=f"Bearer {token}")[0] == 404
        for malformed in (
            f"GET /?token={token} HTTP/9.9\r\n\r\n",
            f"GET /?token={token} {token} HTTP/1.1\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: localhost\r\n{token}\r\n\r\n",
            f"{token}\r\n\r\n",
        ):
            with vox.send(malformed.encode()) as connection:
                connection.recv(100)
        vox.tell("SIGTERM")
        vox.ends_well()
        assert token not in vox.log.read_text(encoding="utf-8")
        assert vox.process.stdout is not None
        assert token not in vox.process.stdout.read()


@each_server
def test_the_socket_of_a_server_for_others_opens_with_the_token_alone(start: Start, server: str) -> None:
    with start("--no-preload", "--host", "0.0.0.0", "--token", "sesame", "--server", server) as vox:
        url = f"ws://127.0.0.1:{vox.port}/v1/realtime?model=vox"
        with pytest.raises(InvalidStatus) as refused, connect(url):
            pass
        assert refused.value.response.status_code == 401
        with connect(url, additional_headers={"Authorization": "Bearer sesame"}) as program:
            assert json.loads(program.recv(timeout=60))["type"] == "session.created"
        offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sesame")]
        with connect(url, subprotocols=offered, origin=Origin(f"http://127.0.0.1:{vox.port}")) as page:
            assert page.subprotocol == "realtime"
            assert json.loads(page.recv(timeout=60))["type"] == "session.created"


@each_server
def test_the_link_is_for_a_machine_elsewhere_when_it_listens_everywhere(start: Start, server: str) -> None:
    with start("--no-preload", "--host", "0.0.0.0", "--token", "open & sesame", "--server", server) as vox:
        assert vox.link.endswith("/?token=open%20%26%20sesame")
        assert "0.0.0.0" not in vox.link
        host = urlsplit(vox.link).hostname or ""
        with contextlib.closing(HTTPConnection(host, vox.port, timeout=30)) as connection:
            connection.request("GET", "/?token=open%20%26%20sesame")
            assert connection.getresponse().status == 303
