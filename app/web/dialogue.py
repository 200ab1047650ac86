"""One client's dialogue with the server: read an event, have it done, answer what went wrong."""

from __future__ import annotations

import json
import logging

from pydantic import BaseModel

from app.conversation.events import RequestError, error_event
from app.conversation.keeping import Opened
from app.conversation.session import Session
from app.keeping.desk import Bystander
from app.web import Vox
from app.web.client_events import HANDLERS, Event
from app.web.connection import Connection
from app.web.inbox import Message
from app.web.wire import CLOSE_ANSWER_SECONDS, STALLED_SECONDS

log = logging.getLogger(__name__)

#: Seconds until a socket is closed whose client neither reads nor answers, and a little more.
CLOSING_SECONDS = STALLED_SECONDS + CLOSE_ANSWER_SECONDS + 1

_SOUND = "input_audio_buffer.append"

#: Sound in longer messages is not taken at once: unpacking it would keep other clients waiting.
_SHORT = 64 * 1024


def converse(connection: Connection, vox: Vox, conversation: str | None = None) -> None:
    """Hold one conversation, until the client leaves or is asked to: the kept one with that id, "new"
    for one that will be, or None for one that is not kept."""
    sessions, news = vox.sessions, vox.news
    assert sessions is not None
    assert news is not None
    assert vox.desk is not None
    desk = vox.desk.get()
    seat = desk.open(conversation, connection) if conversation else None
    opened = seat.opened if seat else Opened(keeping=Bystander(desk))
    session = Session(vox.models, lambda: vox.settings, connection, opened)
    if not sessions.admit(connection, session):
        session.close()
        connection.send(error_event(BUSY, "busy"))
        connection.close(1013, "VOX is busy.")
        connection.wait_closed(CLOSING_SECONDS)
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
        connection.close()
        session.close()
        connection.wait_closed(CLOSING_SECONDS)
        sessions.leave(connection)


def _listen(connection: Connection, session: Session) -> None:
    def do(event: Event) -> None:
        if (problem := _carry_out(session, event)) is not None:
            connection.send(problem)

    def take(message: Message) -> None:
        try:
            do(_parsed(message))
        except RequestError as problem:
            connection.send(_told(problem))

    def take_sound(message: Message) -> bool:
        """Sound that comes in is taken without waiting for anything."""
        if isinstance(message, bytes) or len(message) > _SHORT or _SOUND not in message:
            return False
        try:
            event = _parsed(message)
        except RequestError:
            return False
        if event.get("type") != _SOUND:
            return False
        do(event)
        return True

    connection.listen(take, at_once=take_sound)


def _carry_out(session: Session, event: Event) -> BaseModel | None:
    """Do what ``event`` asks for; the ``error`` event to answer with, or None."""
    event_id = event["event_id"] if isinstance(event.get("event_id"), str) else None
    try:
        handler = HANDLERS.get(str(event.get("type")))
        if handler is None:
            raise RequestError(f"VOX knows no event {event.get('type')!r}.", "unknown_event", "type")
        handler(session, event)
    except RequestError as problem:
        return _told(problem, event_id)
    except Exception:
        log.exception("an event could not be carried out")
        sentence = "VOX failed on this event. The log says more."
        return error_event(sentence, "internal_error", event_id=event_id)
    return None


def _told(problem: RequestError, event_id: str | None = None) -> BaseModel:
    return error_event(problem.message, problem.code, problem.kind, event_id, problem.param)


def _parsed(message: Message) -> Event:
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
