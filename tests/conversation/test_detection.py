"""What a client may set for ``turn_detection``."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    surenesses = [
        min(p for p in np.linspace(0, 1, 101) if one.is_sure(p, asked=False, is_first=True))
        for one in (low, medium, high)
    ]
    assert surenesses == sorted(surenesses, reverse=True)
    assert len(set(surenesses)) == 3
    assert parsed(type="semantic_vad") == parsed(type="semantic_vad", eagerness="auto")


def test_the_words_of_a_question_make_up_for_a_melody_that_does_not_fall() -> None:
    detection = parsed(type="semantic_vad")
    assert not detection.is_sure(0.4, asked=False, is_first=True)
    assert detection.is_sure(0.4, asked=True, is_first=True)
    assert not detection.is_sure(0.05, asked=True, is_first=True)
    assert detection.is_sure(0.05, asked=True, is_first=False)
    assert not detection.is_sure(0.05, asked=False, is_first=False)


def test_who_is_patient_waits_for_the_melody_even_after_a_question() -> None:
    assert not parsed(type="semantic_vad", eagerness="low").is_sure(0.2, asked=True, is_first=False)


def test_with_server_vad_silence_alone_ends_a_turn() -> None:
    assert not parsed(type="server_vad").uses_model


def test_without_a_model_silence_ends_a_turn_and_a_shorter_one_than_its_mistakes_would_take() -> None:
    semantic = parsed(type="semantic_vad", eagerness="low", threshold=0.6)
    silence = semantic.by_silence()
    assert not silence.uses_model
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
