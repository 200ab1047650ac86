"""The official OpenAI SDK, unchanged, holds a conversation with VOX."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import numpy as np
import pytest
import soxr
from websockets.exceptions import ConnectionClosed

from app.models import Models
from app.settings import Settings
from tests.realtime_client import ENDED_BY_ITSELF, RealtimeClient, connect
from tests.served import Served, serve
from tests.sound import Recording, likeness, pcm16, words

QUESTION = "What is the capital of France?"


def transcribed(models: Models, pcm_24k: bytes) -> str:
    """The words that the pack's transcriber hears in PCM at 24 kHz."""
    samples = np.frombuffer(pcm_24k, "<i2").astype(np.float32) / 32768
    with models.stt.use() as transcriber:
        return " ".join(transcriber.transcribe(soxr.resample(samples, 24_000, 16_000), threading.Event()))


def test_a_spoken_question_is_heard_and_answered_aloud(
    server: Served, models: Models, speech: Callable[..., Recording]
) -> None:
    with connect(server.url) as client:
        client.say(pcm16(speech(QUESTION)))
        client.connection.input_audio_buffer.commit()
        client.connection.response.create()
        done = client.until("response.done")

        heard = client.of("conversation.item.input_audio_transcription.completed")
        assert [words(event.transcript) for event in heard] == [words(QUESTION)]

        assert done.response.status in ENDED_BY_ITSELF
        written = client.of("response.output_audio_transcript.done")[0].transcript
        assert "".join(e.delta for e in client.of("response.output_audio_transcript.delta")) == written
        assert likeness(written, transcribed(models, client.sound(done.response.id))) > 0.9


def test_the_reply_is_spoken_while_it_is_still_being_written(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me about the sea in five sentences.")
        client.until("response.done")
        types = client.types()
        last_text = len(types) - 1 - types[::-1].index("response.output_audio_transcript.delta")
        assert types.index("response.output_audio.delta") < last_text


def test_audio_at_the_microphones_own_rate_is_understood(
    server: Served, speech: Callable[..., Recording]
) -> None:
    with connect(server.url) as client:
        audio = {"input": {"format": {"type": "audio/pcm", "rate": 48_000}}}
        client.send_event(type="session.update", session={"type": "realtime", "audio": audio})
        updated = client.until("session.updated")
        assert updated.session.audio.input.format.rate == 48_000
        client.say(pcm16(speech(QUESTION, rate=48_000)))
        client.connection.input_audio_buffer.commit()
        heard = client.until("conversation.item.input_audio_transcription.completed")
        assert words(heard.transcript) == words(QUESTION)


def test_a_text_answer_comes_without_sound(server: Served) -> None:
    with connect(server.url) as client:
        client.send_event(type="session.update", session={"type": "realtime", "output_modalities": ["text"]})
        client.ask(QUESTION)
        done = client.until("response.done")
        assert done.response.output[0].content[0].text
        assert not client.of("response.output_audio.delta")


def test_a_cancelled_answer_ends_at_once_and_the_next_turn_works(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me a long story about a dragon.")
        client.until("response.output_audio.delta")
        client.connection.response.cancel()
        done = client.until("response.done")
        assert done.response.status == "cancelled"
        assert done.response.status_details.reason == "client_cancelled"

        client.ask(QUESTION)
        second = client.until("response.done", where=lambda e: e.response.id != done.response.id)
        assert second.response.status in ENDED_BY_ITSELF
        after = client.events[client.events.index(done) + 1 :]
        assert not [event for event in after if getattr(event, "response_id", None) == done.response.id]


def test_a_new_question_ends_the_answer_under_way(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me a long story about a dragon.")
        first = client.until("response.created")
        client.ask(QUESTION)
        client.until("response.done", where=lambda e: e.response.id != first.response.id)
        ends = {e.response.id: e.response.status for e in client.of("response.done")}
        assert ends.pop(first.response.id) == "cancelled"
        (second,) = ends.values()
        assert second in ENDED_BY_ITSELF


def test_ten_thousand_stops_do_no_harm(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me a long story about a dragon.")
        client.until("response.output_audio.delta")
        for _ in range(10_000):
            client.connection.response.cancel()
        client.connection.conversation.item.retrieve(item_id="the-end")
        client.until("error", where=lambda e: e.error.code == "item_not_found")
        assert [e.response.status for e in client.of("response.done")] == ["cancelled"]
        errors = [event.error.code for event in client.of("error")][:-1]
        assert set(errors) == {"response_cancel_not_active"}
        client.ask(QUESTION)
        assert client.until("response.done").response.status in ENDED_BY_ITSELF


def test_a_truncated_answer_keeps_only_what_was_heard(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me about the sea in five sentences.")
        done = client.until("response.done")
        item = done.response.output[0]
        whole = item.content[0].transcript
        client.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=1_000)
        assert client.until("conversation.item.truncated").audio_end_ms == 1_000
        client.connection.conversation.item.retrieve(item_id=item.id)
        kept = client.until("conversation.item.retrieved").item.content[0].transcript
        assert kept
        assert len(kept) < len(whole)
        assert whole.startswith(kept)


def test_what_was_cancelled_before_a_sound_leaves_nothing_unheard_in_the_conversation(server: Served) -> None:
    with connect(server.url) as client:
        client.ask("Tell me a long story about a dragon.")
        added = client.until("response.output_item.added")
        client.connection.response.cancel()
        client.until("response.done")
        client.connection.conversation.item.retrieve(item_id=added.item.id)
        item = client.until("conversation.item.retrieved").item
        spoken = sum(phrase.end - phrase.start for phrase in client.of("vox.phrase"))
        kept = item.content[0].transcript if item.content else ""
        assert bool(kept) == bool(spoken)


def test_truncating_beyond_the_sound_or_a_strangers_item_is_an_error(server: Served) -> None:
    with connect(server.url) as client:
        client.ask(QUESTION)
        item = client.until("response.done").response.output[0]
        truncate = client.connection.conversation.item.truncate
        truncate(item_id=item.id, content_index=0, audio_end_ms=10_000_000)
        assert client.until("error").error.param == "audio_end_ms"
        truncate(item_id="nobody", content_index=0, audio_end_ms=0)
        assert client.until("error").error.code == "item_not_found"


@pytest.mark.parametrize("sound", ["silence", "noise"])
def test_silence_and_noise_make_no_words_and_no_answer(server: Served, sound: str) -> None:
    random = np.random.default_rng(7)
    level = {"silence": 0.0, "noise": 0.05}[sound]
    recording = (random.standard_normal(48_000) * level).astype(np.float32)
    with connect(server.url) as client:
        client.say(pcm16(recording))
        client.connection.input_audio_buffer.commit()
        client.connection.response.create()
        done = client.until("response.done")
        assert (done.response.status, done.response.output) == ("completed", [])
        assert client.of("conversation.item.input_audio_transcription.completed")[0].transcript == ""
        assert client.of("vox.notice")[0].code == "nothing_heard"
        committed = client.of("input_audio_buffer.committed")[0]
        assert client.of("conversation.item.deleted")[0].item_id == committed.item_id


def test_a_cleared_recording_is_not_transcribed(server: Served, speech: Callable[..., Recording]) -> None:
    with connect(server.url) as client:
        client.say(pcm16(speech(QUESTION)))
        client.connection.input_audio_buffer.clear()
        client.until("input_audio_buffer.cleared")
        client.connection.input_audio_buffer.commit()
        assert client.until("error").error.code == "input_audio_buffer_commit_empty"
        assert not client.of("conversation.item.added")


MALFORMED: list[tuple[str, str | bytes, str]] = [
    ("not JSON", "{not json", "invalid_json"),
    ("a list", "[]", "invalid_json"),
    ("deeply nested", "[" * 100_000, "invalid_json"),
    ("binary", b"\x00\x01", "invalid_json"),
    ("no type", "{}", "unknown_event"),
    ("unknown type", '{"type": "response.dance"}', "unknown_event"),
    ("type of a wrong type", '{"type": {"a": 1}}', "unknown_event"),
    ("audio missing", '{"type": "input_audio_buffer.append"}', "invalid_value"),
    ("audio not base64", '{"type": "input_audio_buffer.append", "audio": "?"}', "invalid_value"),
    ("odd PCM", '{"type": "input_audio_buffer.append", "audio": "AAAA"}', "invalid_value"),
    ("nothing to commit", '{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty"),
    ("no item", '{"type": "conversation.item.create"}', "invalid_value"),
    ("item is a text", '{"type": "conversation.item.create", "item": "hi"}', "invalid_value"),
    ("unknown item to delete", '{"type": "conversation.item.delete", "item_id": "x"}', "item_not_found"),
    ("nothing to cancel", '{"type": "response.cancel"}', "response_cancel_not_active"),
    ("session is a list", '{"type": "session.update", "session": []}', "invalid_value"),
    (
        "forged rate",
        '{"type": "session.update", "session": {"audio": {"input": {"format": {"rate": 1000000000}}}}}',
        "invalid_value",
    ),
    (
        "another codec",
        '{"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}',
        "invalid_value",
    ),
    ("tools", '{"type": "session.update", "session": {"tools": [{"type": "function"}]}}', "unsupported"),
    (
        "a function's result",
        '{"type": "conversation.item.create", "item": {"type": "function_call_output"}}',
        "unsupported",
    ),
    (
        "an image",
        '{"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content":'
        ' [{"type": "input_image"}]}}',
        "unsupported",
    ),
    (
        "only a NUL",
        '{"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content":'
        ' [{"type": "input_text", "text": "\\u0000"}]}}',
        "empty_text",
    ),
]


@pytest.fixture(scope="module")
def client(server: Served):  # type: ignore[no-untyped-def]
    with connect(server.url) as client:
        yield client


@pytest.mark.parametrize(
    ("message", "code"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_event_is_answered_by_an_error(
    client: RealtimeClient, message: str | bytes, code: str
) -> None:
    client.send_raw(message)
    assert client.until("error").error.code == code


def test_an_error_names_the_event_that_caused_it(client: RealtimeClient) -> None:
    client.send_event(type="response.dance", event_id="my-event")
    assert client.until("error").error.event_id == "my-event"


def test_after_all_that_the_session_still_talks(client: RealtimeClient) -> None:
    client.ask(QUESTION)
    assert client.until("response.done").response.status in ENDED_BY_ITSELF


def test_two_conversations_do_not_hear_each_other(server: Served) -> None:
    with connect(server.url) as one, connect(server.url) as other:
        one.ask("Say hello to the first.")
        other.ask("Say hello to the second.")
        mine = one.until("response.done").response
        yours = other.until("response.done").response
        assert mine.id != yours.id
        for client, response in ((one, mine), (other, yours)):
            ids = {e.response_id for e in client.events if getattr(e, "response_id", None)}
            assert ids == {response.id}


def test_a_conversation_too_many_is_told_that_vox_is_busy(settings: Settings, models: Models) -> None:
    with (
        serve(dataclasses.replace(settings, max_sessions=1), models) as served,
        connect(served.url) as first,
    ):
        with pytest.raises(ConnectionClosed) as closed, connect(served.url):
            pass
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        first.ask(QUESTION)
        assert first.until("response.done").response.status in ENDED_BY_ITSELF
