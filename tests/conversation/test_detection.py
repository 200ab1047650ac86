"""What a client may set for ``turn_detection``."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.realtime import RealtimeAudioInputTurnDetection
from pydantic import TypeAdapter

from app.conversation.detection import TurnDetection
from app.conversation.events import RequestError


def parsed(**given: Any) -> TurnDetection:
    detection = TurnDetection.parsed(given)
    assert detection is not None
    return detection


def test_null_leaves_the_end_of_an_utterance_to_the_client() -> None:
    assert TurnDetection.parsed(None) is None


@pytest.mark.parametrize(
    "given",
    [
        {"type": "server_vad"},
        {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 900, "prefix_padding_ms": 100},
        {"type": "semantic_vad", "eagerness": "high", "interrupt_response": False},
    ],
)
def test_what_was_set_is_shown_as_realtime_writes_it(given: dict[str, Any]) -> None:
    shown = parsed(**given).as_realtime()
    assert given.items() <= shown.items()
    checked: Any = TypeAdapter(RealtimeAudioInputTurnDetection).validate_python(shown)
    assert checked.create_response is True


def test_the_less_eager_the_longer_it_waits_and_the_surer_it_must_be() -> None:
    low, medium, high = (parsed(type="semantic_vad", eagerness=word) for word in ("low", "medium", "high"))
    assert low.silence_ms > medium.silence_ms > high.silence_ms
    assert low.sureness is not None
    assert medium.sureness is not None
    assert high.sureness is not None
    assert low.sureness > medium.sureness > high.sureness
    assert parsed(type="semantic_vad") == parsed(type="semantic_vad", eagerness="auto")


def test_with_server_vad_silence_alone_ends_a_turn() -> None:
    assert parsed(type="server_vad").sureness is None


def test_without_a_model_silence_ends_a_turn_and_a_shorter_one_than_its_mistakes_would_take() -> None:
    semantic = parsed(type="semantic_vad", eagerness="low", threshold=0.6)
    silence = semantic.by_silence()
    assert silence.sureness is None
    assert silence.silence_ms < semantic.silence_ms
    assert silence.threshold == semantic.threshold


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "telepathy"}, "type"),
        ({"type": "semantic_vad", "eagerness": "extreme"}, "eagerness"),
        ({"type": "server_vad", "threshold": 2}, "threshold"),
        ({"type": "server_vad", "threshold": True}, "threshold"),
        ({"type": "server_vad", "silence_duration_ms": -1}, "silence_duration_ms"),
        ({"type": "server_vad", "silence_duration_ms": "soon"}, "silence_duration_ms"),
        ({"type": "server_vad", "create_response": "yes"}, "create_response"),
        ({"type": "server_vad", "idle_timeout_ms": 5000}, "idle_timeout_ms"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestError) as refused:
        TurnDetection.parsed(given)
    assert refused.value.param == f"session.audio.input.turn_detection.{param}"


def test_something_that_is_no_object_is_refused() -> None:
    with pytest.raises(RequestError, match="must be an object"):
        TurnDetection.parsed("server_vad")
