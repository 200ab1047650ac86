"""The socket's address, /v1/realtime, and who gets a place there.

What is said on the socket is OpenAI's Realtime protocol (docs/protocol.md); ``dialogue`` speaks
it. That is imported with the first conversation: its types alone take a second to import.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from flask import Flask, request
from flask_sock import Sock

from app.keeping.files import SpeechFiles
from app.keeping.lazy import LazyDesk
from app.web import Vox, vox
from app.web.news import ModelNews
from app.web.sockets import SocketSessions

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from simple_websocket import Server

    from app.keeping.desk import Desk

PATH = "/v1/realtime"

#: Bytes of one message; Realtime allows 15 MiB of audio in one.
MAX_MESSAGE = 16 * 1024 * 1024

#: A peer of which nothing comes from one ping to the next is gone.
PING_SECONDS = 20

#: After so long Python's lock is taken from a thread for another that waits; by default it is 5 ms. The
#: sockets' event loop lets go of it at every message, and would then wait so long for each busy turn.
SWITCH_SECONDS = 0.0002


def init_app(app: Flask) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    state = vox(app)
    state.sessions = SocketSessions(state.settings.max_sessions)
    state.news = ModelNews(state.models, state.sessions)
    state.desk = LazyDesk(lambda: _desk(state))
    app.config["SOCK_SERVER_OPTIONS"] = {
        "subprotocols": ["realtime"],
        "thread_class": _NoThread,
    }
    app.before_request(_prepare_socket)
    Sock(app).route(PATH)(_converse)


def _desk(state: Vox) -> Desk:
    from app.keeping.desk import Desk

    files = SpeechFiles.of(state.settings)
    desk = Desk(lambda: state.archive.conversations, state.models.llm, lambda: state.settings, files)
    state.store.subscribe(lambda settings: desk.settings_changed())  # noqa: ARG005
    return desk


def _prepare_socket() -> ResponseReturnValue | None:
    if request.path != PATH:
        return None
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return (
            {"error": "This address is a WebSocket (OpenAI's Realtime protocol)."},
            426,
            {"Upgrade": "websocket"},
        )
    # Compressing base64 of sound costs time on both sides and gains next to nothing.
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    return None


def _converse(ws: Server) -> None:
    from app.web.connection import Connection
    from app.web.dialogue import converse
    from app.web.wire import Limits

    ws.connected = False  # simple-websocket has shaken hands, and is to do no more
    try:
        connection = Connection(ws.sock, Limits(MAX_MESSAGE, PING_SECONDS))
    except OSError:
        return  # the client has left already
    converse(connection, vox(), request.args.get("conversation"))


class _NoThread(threading.Thread):
    """What simple-websocket takes for its reading thread. The sockets' event loop reads."""

    def start(self) -> None:
        """There is nothing to do."""
