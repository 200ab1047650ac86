"""The way of messages from the sockets' loop to the thread that serves a client."""

from __future__ import annotations

import threading

from app.web.inbox import LIMIT, Inbox

PATIENCE = 10.0


def test_messages_come_in_their_order_until_it_is_closed() -> None:
    inbox = Inbox(go_on=lambda: None)
    for message in ("one", b"two", "three"):
        inbox.put(message)
    inbox.close()
    assert list(inbox) == ["one", b"two", "three"]


def test_it_is_idle_only_once_the_last_message_is_done() -> None:
    inbox = Inbox(go_on=lambda: None)
    assert inbox.is_idle
    inbox.put("one")
    assert not inbox.is_idle
    messages = iter(inbox)
    next(messages)
    assert not inbox.is_idle, "it is being worked on"
    inbox.close()
    assert list(messages) == []
    assert inbox.is_idle


def test_a_full_one_says_when_there_is_room_again() -> None:
    has_room = threading.Event()
    inbox = Inbox(go_on=has_room.set)
    inbox.put("x" * LIMIT)
    assert not inbox.is_full
    inbox.put("y")
    assert inbox.is_full
    worker = threading.Thread(target=lambda: list(inbox), daemon=True)
    worker.start()
    assert has_room.wait(PATIENCE)
    assert not inbox.is_full
    inbox.close()
    worker.join(PATIENCE)
