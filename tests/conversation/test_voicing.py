"""A reply's text becoming sound: how far ahead, what is told on the way, and how it ends."""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from app.conversation.history import History
from app.conversation.reply import Reply
from app.conversation.stop import StopFlag
from app.conversation.voicing import Voicing
from app.engines import EngineError, Synthesizer
from tests.conversation.clock import StandingClock
from tests.conversation.scripted import (
    Ear,
    PiecewiseSynthesizer,
    ScriptedSynthesizer,
    TellingSynthesizer,
    loaded,
)
from tests.tts.workshop import Workshop

SENTENCES = [f"This is sentence number {number}. " for number in range(1, 7)]


class Story:
    """One reply, whose text a test speaks."""

    def __init__(self, voice: Synthesizer) -> None:
        self.ear = Ear()
        self.clock = StandingClock()
        self.stop = StopFlag()
        self.lock = threading.RLock()
        self.reply = Reply(self.ear, History(), self.lock, "audio")
        self.voicing = Voicing(self.reply, loaded("tts", voice), "", self.stop, self.clock)

    def tell(self, *texts: str) -> None:
        for text in texts:
            self.reply.add_text(text)
            self.voicing.feed(text)

    def finish(self) -> threading.Thread:
        """Finish in another thread, which is over when everything has been made."""
        thread = threading.Thread(target=self.voicing.finish, daemon=True)
        thread.start()
        return thread


@pytest.fixture
def told() -> Iterator[Callable[[Synthesizer], Story]]:
    """``told(voice)`` begins a reply; it is stopped at the end of the test."""
    stories: list[Story] = []

    def begin(voice: Synthesizer) -> Story:
        stories.append(Story(voice))
        return stories[-1]

    yield begin
    for story in stories:
        story.stop.set()
        story.finish().join(30)


def test_phrases_are_made_ahead_of_playback_but_never_more_than_two(
    told: Callable[[Synthesizer], Story],
) -> None:
    voice = ScriptedSynthesizer(samples=24)  # a phrase sounds for about 25 ms
    story = told(voice)
    story.tell(*SENTENCES)
    finishing = story.finish()
    for sounding in range(1, len(SENTENCES) - 2):
        latest = story.ear.until("vox.phrase", count=sounding + 2)
        story.clock.until_read()
        assert len(voice.spoken) == len(story.ear.of("vox.phrase")) == sounding + 2
        next_begins = story.ear.of("vox.phrase")[sounding].audio_start_ms / 1000
        assert story.clock.now < next_begins < latest.audio_start_ms / 1000
        story.clock.now = next_begins + 0.001
    finishing.join(30)
    assert not finishing.is_alive()
    assert sorted(voice.spoken) == [sentence.strip() for sentence in SENTENCES]


def test_the_first_piece_of_a_phrase_is_sent_while_the_rest_is_made(
    told: Callable[[Synthesizer], Story],
) -> None:
    voice = PiecewiseSynthesizer()
    story = told(voice)
    story.tell(*SENTENCES[:2])
    finishing = story.finish()
    story.ear.until("response.output_audio.delta")
    assert [event.index for event in story.ear.of("vox.phrase")] == [0]
    voice.go_on()
    finishing.join(30)
    assert not finishing.is_alive()
    assert [event.index for event in story.ear.of("vox.phrase")] == [0, 1]
    pcm = b"".join(b64decode(event.delta) for event in story.ear.of("response.output_audio.delta"))
    assert len(pcm) == 2 * sum(len(sentence.strip()) for sentence in SENTENCES[:2]) * 1_200
    assert story.reply.item.spoken.heard(story.reply.transcript, 99_999) == "".join(SENTENCES[:2]).strip()


def test_of_a_phrase_cut_off_while_it_is_made_only_what_was_sent_is_kept(
    told: Callable[[Synthesizer], Story],
) -> None:
    story = told(PiecewiseSynthesizer())
    story.tell(SENTENCES[0])
    story.finish()
    story.ear.until("response.output_audio.delta")
    story.reply.end("cancelled", "client_cancelled")
    kept = story.reply.transcript
    assert kept
    assert SENTENCES[0].startswith(kept)
    assert len(kept) < len(SENTENCES[0].strip())


def test_a_reply_is_over_when_its_last_phrase_is_made_not_when_it_has_sounded(
    told: Callable[[Synthesizer], Story],
) -> None:
    story = told(ScriptedSynthesizer())
    story.tell(*SENTENCES[:3])
    story.voicing.finish()
    assert len(story.ear.of("vox.phrase")) == 3


def test_finishing_ends_at_once_when_it_is_stopped(told: Callable[[Synthesizer], Story]) -> None:
    story = told(ScriptedSynthesizer())
    story.tell(*SENTENCES)
    finishing = story.finish()
    story.ear.until("vox.phrase", count=3)
    story.stop.set()
    finishing.join(30)
    assert not finishing.is_alive()
    assert len(story.ear.of("vox.phrase")) == 3


def test_the_progress_of_a_phrase_is_told_until_its_sound_begins(
    told: Callable[[Synthesizer], Story],
) -> None:
    voice = TellingSynthesizer(0.25)
    story = told(voice)
    story.tell(*SENTENCES[:2])
    finishing = story.finish()
    story.ear.until("vox.phrase.progress", count=2)
    voice.moves_to(1.0)
    finishing.join(30)
    progress = story.ear.of("vox.phrase.progress")
    assert [(event.index, event.fraction) for event in sorted(progress, key=lambda e: e.index)] == [
        (0, 0.25),
        (1, 0.25),
    ]
    for event in progress:
        (phrase,) = (phrase for phrase in story.ear.of("vox.phrase") if phrase.index == event.index)
        assert (event.response_id, event.item_id) == (phrase.response_id, phrase.item_id)
        assert story.ear.events.index(event) < story.ear.events.index(phrase)


def test_an_engine_that_tells_nothing_has_no_progress(told: Callable[[Synthesizer], Story]) -> None:
    story = told(ScriptedSynthesizer())
    story.tell(*SENTENCES[:2])
    story.voicing.finish()
    assert story.ear.of("vox.phrase.progress") == []


def test_an_engine_never_waits_to_tell_its_progress(told: Callable[[Synthesizer], Story]) -> None:
    story = told(ScriptedSynthesizer())
    telling = threading.Thread(target=story.reply.add_progress, args=(0, 0.5))
    with story.lock:  # as while somebody else is told something
        telling.start()
        telling.join(30)
        assert not telling.is_alive()
    assert story.ear.of("vox.phrase.progress") == []


def test_a_phrase_that_fails_keeps_its_number(told: Callable[[Synthesizer], Story]) -> None:
    def breaks(phrase: str) -> None:
        if "number 2" in phrase:
            raise EngineError("The voice ran out of memory.")

    story = told(ScriptedSynthesizer(breaks))
    story.tell(*SENTENCES[:3])
    story.voicing.finish()
    assert [event.index for event in story.ear.of("vox.phrase")] == [0, 2]


def test_sound_comes_in_order_though_the_second_phrase_is_made_first(
    told: Callable[[Synthesizer], Story],
) -> None:
    voice = Workshop()
    story = told(voice)
    story.tell(*SENTENCES[:2])
    finishing = story.finish()
    first, second = (sentence.strip() for sentence in SENTENCES[:2])
    voice.until_begun(first, second)
    voice.finish(second)
    voice.until_left(second)
    assert story.ear.of("vox.phrase") == []
    voice.finish(first)
    finishing.join(30)
    phrases = story.ear.of("vox.phrase")
    assert [phrase.text for phrase in phrases] == [first, second]
    assert all(before.end <= after.start for before, after in pairwise(phrases))


def test_a_voice_that_keeps_failing_is_not_asked_for_more(told: Callable[[Synthesizer], Story]) -> None:
    asked: list[str] = []

    def breaks(phrase: str) -> None:
        asked.append(phrase)
        raise EngineError("The voice ran out of memory.")

    story = told(ScriptedSynthesizer(breaks))
    story.tell(*SENTENCES, *SENTENCES)
    story.voicing.finish()
    assert len(asked) <= 5  # two more were under way when the third failed
    assert [event.error.code for event in story.ear.of("error")] == ["speech_failed"] * 3
    assert [event.code for event in story.ear.of("vox.notice")] == ["voice_unavailable"]
