"""What a client may set for its session."""

from __future__ import annotations

from typing import Any

import pytest

from app.conversation.config import SessionConfig
from app.conversation.events import RequestError


def test_only_the_fields_that_are_given_change() -> None:
    before = SessionConfig(instructions="Be kind.", voice="joe")
    after = before.updated({"output_modalities": ["text"]})
    assert (after.instructions, after.voice, after.output_modalities) == ("Be kind.", "joe", ("text",))


def test_a_foreign_clients_voice_means_the_default_one() -> None:
    config = SessionConfig(voice="joe").updated({"audio": {"output": {"voice": "marin"}}}, voices=("joe",))
    assert config.voice == ""


@pytest.mark.parametrize(
    "session",
    [
        {"type": "transcription"},
        {"instructions": 5},
        {"instructions": "x" * 100_000},
        {"output_modalities": []},
        {"output_modalities": ["text", "audio"]},
        {"output_modalities": ["smell"]},
        {"max_output_tokens": 0},
        {"max_output_tokens": True},
        {"audio": []},
        {"audio": {"input": {"format": {"rate": 7_999}}}},
        {"audio": {"input": {"format": {"rate": "48000"}}}},
        {"audio": {"input": {"turn_detection": {"type": "telepathy"}}}},
        {"audio": {"output": {"format": {"rate": 16_000}}}},
        {"audio": {"output": {"voice": "../x"}}},
        {"audio": {"output": {"voice": {"id": 5}}}},
        {"tools": [{"type": "function"}]},
    ],
)
def test_what_cannot_be_set_is_refused_with_its_place(session: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as problem:
        SessionConfig().updated(session, voices=("joe",))
    assert problem.value.param
    assert problem.value.param.startswith("session.")
