from __future__ import annotations

from app.conversation.stop import StopFlag


def test_callbacks_are_called_once_however_often_it_is_set() -> None:
    stop, calls = StopFlag(), []
    stop.on_set(lambda: calls.append("stopped"))
    for _ in range(1_000):
        stop.set()
    assert calls == ["stopped"]
    assert stop.is_set()


def test_a_callback_that_comes_too_late_is_called_at_once() -> None:
    stop, calls = StopFlag(), []
    stop.set()
    stop.on_set(lambda: calls.append("stopped"))
    assert calls == ["stopped"]


def test_a_forgotten_callback_is_not_called() -> None:
    stop, calls = StopFlag(), []
    forget = stop.on_set(lambda: calls.append("stopped"))
    forget()
    stop.set()
    assert calls == []
