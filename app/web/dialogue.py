"""One client's dialogue with the server: read an event, have it done, answer what went wrong."""

from __future__ import annotations

import json
import logging
from typing import Any

from simple_websocket import Server

from app.conversation.events import RequestError, error_event
from app.conversation.keeping import Opened
from app.conversation.session import Session
from app.keeping.desk import Bystander
from app.web import Vox
from app.web.client_events import HANDLERS
from app.web.connection import Connection
from app.web.flood import FloodGauge

log = logging.getLogger(__name__)


def converse(ws: Server, vox: Vox, conversation: str | None = None) -> None:
    """Hold one conversation, until the client leaves or is asked to: the kept one with that id, "new"
    for one that will be, or None for one that is not kept."""
    sessions, news = vox.sessions, vox.news
    assert sessions is not None
    assert news is not None
    assert vox.desk is not None
    desk = vox.desk.get()
    connection = Connection(ws)
    seat = desk.open(conversation, connection) if conversation else None
    opened = seat.opened if seat else Opened(keeping=Bystander(desk))
    session = Session(vox.models, lambda: vox.settings, connection, opened)
    if not sessions.admit(connection, session):
        session.close()
        connection.send(error_event(BUSY, "busy"))
        connection.close(1013, "VOX is busy.")
        connection.listen(lambda message: None)  # noqa: ARG005
        connection.wait_closed(timeout=5)
        return
    try:
        session.start()
        if seat is not None:
            desk.welcome(seat, session)
        news.start()
        connection.send(news.current())
        _listen(connection, session)
    except Exception:
        # Nothing may get out: Flask would write an error page into the socket.
        log.exception("a conversation broke off")
        connection.close(1011, "VOX failed. Its log says more.")
    finally:
        session.close()
        connection.close()
        connection.wait_closed(timeout=1)
        sessions.leave(connection)


def _listen(connection: Connection, session: Session) -> None:
    gauge = FloodGauge()

    def take(message: str | bytes) -> None:
        if gauge.overflows(len(message)):
            connection.close(1008, "You send more than a voice can.")
        elif (problem := carry_out(session, message)) is not None:
            connection.send(problem)

    connection.listen(take)


def carry_out(session: Session, message: str | bytes) -> Any:
    """Do what one message asks for; the ``error`` event to answer with, or None."""
    event_id: str | None = None
    try:
        event = _parsed(message)
        event_id = event["event_id"] if isinstance(event.get("event_id"), str) else None
        handler = HANDLERS.get(str(event.get("type")))
        if handler is None:
            raise RequestError(f"VOX knows no event {event.get('type')!r}.", "unknown_event", "type")
        handler(session, event)
    except RequestError as problem:
        return error_event(problem.message, problem.code, problem.kind, event_id, problem.param)
    except Exception:
        log.exception("an event could not be carried out")
        return error_event(
            "VOX failed on this event. The log says more.", "internal_error", event_id=event_id
        )
    return None


def _parsed(message: str | bytes) -> dict[str, Any]:
    if isinstance(message, bytes):
        raise RequestError("Send events as JSON text, not as binary messages.", "invalid_json")
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        raise RequestError("This message is not valid JSON.", "invalid_json") from None
    if not isinstance(event, dict):
        raise RequestError("An event must be a JSON object.", "invalid_json")
    return event


BUSY = "VOX is holding as many conversations as it can. Close another tab, or try again later."
