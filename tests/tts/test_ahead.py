"""Phrases made ahead: two at a time, given out in order, and nothing left behind."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.conversation.playback import Playback
from app.conversation.stop import StopFlag
from app.engines import EngineError, Stop
from app.models import Models
from app.tts import GenerationStopped, generate_tts_wav
from app.tts.ahead import Ahead
from app.tts.phrases import Phrase
from app.tts.speech import Chunk, speak
from tests.conversation.clock import StandingClock
from tests.conversation.scripted import ScriptedBrain, ScriptedTranscriber, scripted_models
from tests.tts.conftest import CountedStop
from tests.tts.workshop import Workshop, phrases
from tests.waiting import wait_until


@pytest.fixture
def voice() -> Workshop:
    return Workshop()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not working()


def working() -> list[str]:
    """The threads that make phrases."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tts-phrase")]


def spoken(voice: Workshop, names: str, stop: Stop) -> Generator[Chunk, None, None]:
    """The chunks of phrases with these names."""
    chunks = speak(phrases(names), voice, None, stop)
    assert isinstance(chunks, Generator)
    return chunks


def names(chunks: Iterator[Chunk]) -> list[str]:
    return [chunk.phrase.text for chunk in chunks]


def taken_in_another_thread(chunks: Iterator[Chunk], pool: ThreadPoolExecutor) -> Callable[[], Chunk]:
    """Begin to take the next chunk; the call returned waits for it."""
    future = pool.submit(next, chunks)
    return lambda: future.result(30)


def test_two_phrases_are_made_at_the_same_time_and_no_third_before_one_is_taken(voice: Workshop) -> None:
    chunks = spoken(voice, "abcd", threading.Event())
    with ThreadPoolExecutor() as pool:
        first = taken_in_another_thread(chunks, pool)
        voice.until_begun("a", "b")
        voice.finish("b")
        voice.until_left("b")
        assert voice.begun == ["a", "b"]
        voice.finish("a")
        assert first().phrase.text == "a"
    voice.until_begun("c")
    assert voice.begun == ["a", "b", "c"]
    voice.finish("c", "d")
    assert names(chunks) == ["b", "c", "d"]


def test_a_phrase_made_sooner_than_the_one_before_it_waits_for_it(voice: Workshop) -> None:
    chunks = spoken(voice, "ab", threading.Event())
    with ThreadPoolExecutor() as pool:
        first = taken_in_another_thread(chunks, pool)
        voice.finish("b")
        voice.until_left("b")
        voice.finish("a")
        assert first().phrase.text == "a"
    assert names(chunks) == ["b"]


def test_a_source_that_blocks_delays_no_chunk_that_is_ready(voice: Workshop) -> None:
    written: queue.SimpleQueue[Phrase | None] = queue.SimpleQueue()
    a, b = phrases("ab")
    voice.finish("a", "b")
    written.put(a)
    chunks = speak(iter(written.get, None), voice, None, threading.Event())
    assert next(chunks).phrase.text == "a"  # while nobody knows what comes next
    written.put(b)
    assert next(chunks).phrase.text == "b"
    written.put(None)
    assert list(chunks) == []


def test_leaving_early_stops_what_is_being_made(voice: Workshop) -> None:
    chunks = spoken(voice, "abcd", threading.Event())
    voice.finish("a")
    next(chunks)
    voice.until_begun("b", "c")
    chunks.close()
    assert sorted(voice.left) == sorted(voice.begun) == ["a", "b", "c"]


def test_leaving_does_not_wait_for_a_source_that_blocks(voice: Workshop) -> None:
    written: queue.SimpleQueue[Phrase | None] = queue.SimpleQueue()
    a, b = phrases("ab")
    voice.finish("a")
    written.put(a)
    with Ahead(iter(written.get, None), voice, None, threading.Event()) as made:
        assert next(iter(made)).phrase is a
    written.put(b)
    wait_until(lambda: not working())
    assert voice.begun == ["a"]


@pytest.mark.parametrize("new_stop", [threading.Event, StopFlag])
def test_nothing_is_given_out_after_a_stop(
    voice: Workshop, new_stop: Callable[[], threading.Event | StopFlag]
) -> None:
    stop = new_stop()
    chunks = spoken(voice, "abcd", stop)
    with ThreadPoolExecutor() as pool:
        rest = pool.submit(list, chunks)
        voice.until_begun("a", "b")
        voice.finish("b")
        voice.until_left("b")
        stop.set()
        assert rest.result(30) == []
    assert sorted(voice.left) == ["a", "b"]


def test_a_stop_known_before_begins_nothing(voice: Workshop) -> None:
    stop = threading.Event()
    stop.set()
    assert list(spoken(voice, "ab", stop)) == []
    assert voice.begun == []


def test_a_phrase_that_fails_fails_in_its_place_and_stops_the_others(voice: Workshop) -> None:
    chunks = spoken(voice, "abcd", threading.Event())
    voice.fail("b")
    voice.finish("a")
    assert next(chunks).phrase.text == "a"
    with pytest.raises(EngineError, match="b broke"):
        next(chunks)
    assert list(chunks) == []
    assert sorted(voice.left) == sorted(voice.begun)
    assert "d" not in voice.begun


def test_what_was_made_of_a_phrase_that_fails_is_given_out_before_the_error(voice: Workshop) -> None:
    voice.fail("a", after=30)
    chunks = spoken(voice, "ab", threading.Event())
    assert next(chunks).samples.size == 30
    with pytest.raises(EngineError, match="a broke"):
        next(chunks)


def test_what_the_source_raises_comes_after_the_chunks_before_it(voice: Workshop) -> None:
    def breaks() -> Iterator[Phrase]:
        yield from phrases("ab")
        raise EngineError("The language model died.")

    voice.finish("a", "b")
    chunks = speak(breaks(), voice, None, threading.Event())
    assert [next(chunks).phrase.text, next(chunks).phrase.text] == ["a", "b"]
    with pytest.raises(EngineError, match="died"):
        next(chunks)


def test_the_phrases_of_one_reply_share_a_stop_and_two_replies_do_not(voice: Workshop) -> None:
    voice.finish("a", "b")
    callers: Stop = threading.Event()
    for _ in range(2):
        assert names(spoken(voice, "ab", callers)) == ["a", "b"]
    first, second, third, fourth = voice.stops
    assert first is second
    assert third is fourth
    assert first is not third


def test_nothing_is_kept_on_a_flag_that_outlives_the_reply(voice: Workshop) -> None:
    flag = StopFlag()
    voice.finish("a")
    assert names(spoken(voice, "a", flag)) == ["a"]
    assert flag._callbacks == []


def test_a_foreign_stop_is_seen_while_everything_waits(voice: Workshop) -> None:
    """The voice is given a stop of its own, which asks the foreign one whenever it is asked."""
    stop = CountedStop(set_at=40)
    assert list(spoken(voice, "abcd", stop)) == []
    assert sorted(voice.left) == ["a", "b"]


def test_no_more_than_two_are_made_beyond_the_one_that_sounds(voice: Workshop) -> None:
    clock = StandingClock()
    voice.finish(*"abcdef")
    with Ahead(phrases("abcdef"), voice, None, StopFlag(), Playback(clock)) as made:
        given = iter(made)
        for expected in "abc":
            assert next(given).phrase.text == expected
        # a sounds for 10 ms; b and c are made and wait for it.
        clock.until_read()
        assert sorted(voice.begun) == ["a", "b", "c"]
        clock.now = 0.01  # now b sounds
        assert next(given).phrase.text == "d"
        clock.until_read()
        assert sorted(voice.begun) == ["a", "b", "c", "d"]
        clock.now = 0.03  # and now d, with nothing behind it
        assert [next(given).phrase.text for _ in "ef"] == ["e", "f"]
        # Both wait to be heard, and that there is nothing more is known all the same.
        assert next(given, None) is None


@pytest.fixture
def models(voice: Workshop, monkeypatch: pytest.MonkeyPatch) -> Models:
    """What ``generate_tts_wav`` speaks with."""
    models = scripted_models(
        ScriptedTranscriber(lambda stop: iter(())), ScriptedBrain(lambda stop: iter(())), voice
    )
    monkeypatch.setattr("app.assembly.shared_models", lambda: models)
    return models


TEXT = "Here is the first sentence of them. And this is the second one. This is the third."
FIRST, SECOND, THIRD = (
    "Here is the first sentence of them.",
    "And this is the second one.",
    "This is the third.",
)


def test_a_wav_does_not_wait_for_a_long_phrase_to_go_on_with_short_ones(
    voice: Workshop, models: Models
) -> None:
    with ThreadPoolExecutor() as pool:
        wav = pool.submit(generate_tts_wav, TEXT)
        voice.until_begun(FIRST, SECOND)
        voice.finish(SECOND)
        voice.until_begun(THIRD)
        voice.finish(FIRST, THIRD)
        assert wav.result(30).startswith(b"RIFF")


def test_a_wav_fails_with_the_first_error_and_leaves_nothing_running(voice: Workshop, models: Models) -> None:
    voice.fail(FIRST)
    with pytest.raises(EngineError, match="sentence of them"):
        generate_tts_wav(TEXT)
    assert sorted(voice.left) == sorted(voice.begun)


def test_a_stopped_wav_leaves_nothing_running(voice: Workshop, models: Models) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        wav = pool.submit(generate_tts_wav, TEXT, None, stop)
        voice.until_begun(FIRST, SECOND)
        stop.set()
        with pytest.raises(GenerationStopped):
            wav.result(30)
    assert sorted(voice.left) == sorted(voice.begun)
