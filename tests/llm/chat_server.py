"""A server with OpenAI's chat protocol on loopback that behaves as a test tells it."""

from __future__ import annotations

import json
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: How long a condition may take before a test gives up on it, in seconds.
PATIENCE = 20.0


class Exchange(BaseHTTPRequestHandler):
    """One request. A behaviour answers it through these methods."""

    protocol_version = "HTTP/1.1"
    server: ChatServer

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: dict[str, Any]) -> None:
        self.body = body
        self.server.requests.append(self)
        behaviour = self.server.routes.get(self.path)
        if behaviour is None:
            self.json(404, {"error": {"message": "not found"}})
        else:
            behaviour(self)
        self.server.handled.set()

    def json(self, status: int, body: Any) -> None:
        self.page(status, "application/json", json.dumps(body).encode())

    def page(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def begin(self) -> None:
        """Send the head of a stream of events."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
        self.wfile.flush()

    def say(self, text: str = "", *, finish: str | None = None, **more: Any) -> None:
        self.send(event(text, finish, **more))

    def end(self) -> None:
        self.send(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def die(self) -> None:
        """Cut the connection."""
        self.close_connection = True
        self.connection.close()

    def hang(self) -> None:
        """Say nothing until the client has gone, and note that it has."""
        self.server.hanging.set()
        while not self.server.ended.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and self._has_gone():
                self.server.abandoned.set()
                break
        self.close_connection = True

    def _has_gone(self) -> bool:
        try:
            return not self.connection.recv(1024)
        except ConnectionError:  # it left while something sent to it was still unread
            return True

    def log_message(self, format: str, *args: Any) -> None: ...


Behaviour = Callable[[Exchange], None]


class ChatServer(ThreadingHTTPServer):
    """Serves ``routes``. ``hanging``, ``abandoned`` and ``handled`` are set when they happen."""

    daemon_threads = True

    def __init__(self, routes: dict[str, Behaviour]) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.routes = routes
        self.requests: list[Exchange] = []
        self.hanging = threading.Event()
        self.abandoned = threading.Event()
        self.handled = threading.Event()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def chats(self) -> list[Exchange]:
        """The requests for a reply, in order."""
        return [request for request in self.requests if request.path.endswith("/chat/completions")]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what these tests are about."""


@contextmanager
def serving(routes: dict[str, Behaviour]) -> Iterator[ChatServer]:
    server = ChatServer(routes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def event(text: str = "", finish: str | None = None, **more: Any) -> bytes:
    """One event of a streamed reply."""
    delta = {"content": text, **more} if text or not more else more
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "test",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def telling(*pieces: str, finish: str = "stop") -> Behaviour:
    """A behaviour that answers with ``pieces``."""

    def tell(exchange: Exchange) -> None:
        exchange.begin()
        for piece in pieces:
            exchange.say(piece)
        exchange.say(finish=finish)
        exchange.end()

    return tell


def listing(*models: str, **more: Any) -> Behaviour:
    """A behaviour that lists ``models``, each entry with the fields ``more``."""
    return answering({"object": "list", "data": [{"id": name, "object": "model", **more} for name in models]})


def answering(body: Any, status: int = 200) -> Behaviour:
    """A behaviour that answers with ``body`` as JSON."""
    return lambda exchange: exchange.json(status, body)
