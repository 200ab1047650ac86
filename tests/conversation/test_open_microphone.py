"""An open microphone, with a real voice in it and the real ears for voice activity and for the end
of a turn; words, answers and speech are scripted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from app.conversation.events import RequestError
from app.conversation.session import Session
from app.engines import Samples, Stop
from app.settings import Settings
from tests.conversation.scripted import (
    Ear,
    Hanging,
    Script,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    says,
    scripted_models,
)
from tests.sound import Recording, pcm16
from tests.waiting import wait_until

Say = Callable[..., Recording]

RATE = 24_000
CHUNK = RATE // 25
QUESTION = "What is the capital of France?"
#: Long enough to be spoken into, if a character takes SLOWLY samples.
LONG = "Well, that is a long story, and I shall tell you all of it, from the beginning to the end."
SLOWLY = 6_000


class Listener(ScriptedTranscriber):
    """Hears what ``script`` yields, and keeps how long each recording was, in seconds."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.seconds: list[float] = []

    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:
        self.seconds.append(audio.size / 16_000)
        yield from super().transcribe(audio, stop)


class Person:
    """Somebody in front of an open microphone, in a room that is almost quiet."""

    def __init__(self, session: Session, ear: Ear) -> None:
        self._session = session
        self._ear = ear
        self._noise = np.random.default_rng(3)

    def says(self, *recordings: Recording) -> None:
        for recording in recordings:
            sound = np.concatenate([recording, np.zeros(-recording.size % CHUNK, np.float32)])
            for chunk in sound.reshape(-1, CHUNK):
                self._append(chunk)

    def keeps_silent(self, seconds: float) -> None:
        for _ in range(round(seconds * RATE / CHUNK)):
            self._append(np.zeros(CHUNK, np.float32))

    def waits_for(self, type_name: str, count: int = 1) -> Any:
        """Keep silent until VOX has told that."""
        for _ in range(2000):
            if len(self._ear.of(type_name)) >= count:
                break
            self.keeps_silent(0.04)
            threading.Event().wait(0.002)
        return self._ear.until(type_name, count)

    def _append(self, chunk: Recording) -> None:
        room = 1e-4 * self._noise.standard_normal(chunk.size).astype(np.float32)
        self._session.append_audio(pcm16(chunk + room))
        self._session._microphone.settle()


class Room:
    def __init__(self, hears: Script, answers: Script, samples: int, **detection: Any) -> None:
        self.ears = Listener(hears)
        self.brain = ScriptedBrain(answers)
        self.ear = Ear()
        models = scripted_models(self.ears, self.brain, ScriptedSynthesizer(samples=samples))
        self.session = Session(models, Settings, self.ear)
        self.session.start()
        self.detect({"type": "semantic_vad", **detection})
        self.person = Person(self.session, self.ear)

    def detect(self, detection: dict[str, Any] | None) -> None:
        self.session.update({"audio": {"input": {"turn_detection": detection}}})

    def waits_until_quiet(self) -> None:
        """Wait until the last answer has been played, as far as the server can tell."""
        wait_until(lambda: not self.session._turns.is_sounding)

    def types(self) -> list[str]:
        return [event.type for event in self.ear.events]


@pytest.fixture
def room() -> Iterator[Callable[..., Room]]:
    rooms: list[Room] = []

    def make(
        hears: Script = says(QUESTION),
        answers: Script = says("Paris."),
        samples: int = 1_200,
        **detection: Any,
    ) -> Room:
        rooms.append(Room(hears, answers, samples, **detection))
        return rooms[-1]

    yield make
    for room in rooms:
        room.session.close()


def test_a_question_begins_and_ends_by_itself_and_is_answered(room: Callable[..., Room], speech: Say) -> None:
    here = room()
    here.person.keeps_silent(0.5)
    here.person.says(speech(QUESTION))
    done = here.person.waits_for("response.done")
    assert done.response.status == "completed"
    order = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "response.created",
        "response.done",
    ]
    assert [type_name for type_name in here.types() if type_name in order] == order
    ids = {here.ear.of(type_name)[0].item_id for type_name in order[:3]}
    assert len(ids) == 1
    assert here.brain.prompts[0][-1].text == QUESTION


def test_where_the_voice_ended_is_told_to_the_frame(room: Callable[..., Room], speech: Say) -> None:
    here = room()
    here.person.keeps_silent(1.0)
    question = speech(QUESTION)
    here.person.says(question)
    here.person.waits_for("response.done")
    timings = here.ear.of("vox.timings")[-1]
    loud = np.flatnonzero(np.abs(question) > 0.02).max() / RATE
    assert timings.voiced_until_ms == pytest.approx(1000 + loud * 1000, abs=150)
    (stopped,) = here.ear.of("input_audio_buffer.speech_stopped")
    assert timings.endpoint_ms == pytest.approx(stopped.audio_end_ms - timings.voiced_until_ms, abs=1)


def test_two_questions_are_two_turns(room: Callable[..., Room], speech: Say) -> None:
    here = room()
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.done")
    here.person.keeps_silent(1)
    here.ear.until("response.done")
    here.waits_until_quiet()
    here.person.says(speech("Why is the sky blue?"))
    here.person.waits_for("response.done", 2)
    assert len(here.ear.of("input_audio_buffer.committed")) == 2
    assert [event.response.status for event in here.ear.of("response.done")] == ["completed"] * 2


def test_sounds_without_a_voice_begin_nothing(room: Callable[..., Room]) -> None:
    here = room()
    noise = np.random.default_rng(0)
    clicks = np.zeros(RATE, np.float32)
    clicks[:: RATE // 5] = 0.9
    hiss = 0.05 * noise.standard_normal(2 * RATE).astype(np.float32)
    time = np.arange(2 * RATE) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (262, 330, 392))
    here.person.says(clicks, hiss, np.asarray(chord, np.float32))
    here.person.keeps_silent(3)
    assert here.ear.of("conversation.item.added") == []
    assert here.ear.of("vox.notice") == []


def test_what_turns_out_to_be_no_words_leaves_nothing_behind(room: Callable[..., Room], speech: Say) -> None:
    here = room(hears=says())
    here.person.says(speech("Hmm."))
    here.person.keeps_silent(3)
    if here.ear.of("input_audio_buffer.committed"):
        here.person.waits_for("conversation.item.deleted")
    assert here.ear.of("vox.notice") == []
    assert here.brain.prompts == []


def test_somebody_who_goes_on_speaking_interrupts(room: Callable[..., Room], speech: Say) -> None:
    brain = Hanging(LONG)
    here = room(answers=brain, samples=SLOWLY)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.output_audio.delta")
    here.person.says(speech("Thank you, but tell me something about the sea instead."))
    cut = here.person.waits_for("response.done")
    assert (cut.response.status, cut.response.status_details.reason) == ("cancelled", "turn_detected")
    types = here.types()
    second = [index for index, name in enumerate(types) if name == "input_audio_buffer.speech_started"][1]
    assert second < types.index("response.done")
    assert [event.phase for event in here.ear.of("vox.voice")][:2] == ["duck", "hold"]
    assert brain.was_stopped.wait(30)
    here.person.waits_for("response.created", 2)
    assert brain.is_hanging.wait(30)
    here.ear.until("response.output_audio_transcript.delta", 2)
    assert here.brain.prompts[1][-2].text.endswith("…")


def test_speaking_again_while_the_answer_still_sounds_at_the_client_interrupts_it(
    room: Callable[..., Room], speech: Say
) -> None:
    here = room(answers=says(LONG), samples=SLOWLY)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.done")  # all of it was sent: seconds of sound
    here.person.says(speech("Stop, please tell me something about the sea instead."))
    here.person.waits_for("input_audio_buffer.speech_started", 2)
    assert [event.phase for event in here.ear.of("vox.voice")][:2] == ["duck", "hold"]


def test_a_short_sound_of_agreement_lets_vox_go_on(room: Callable[..., Room], speech: Say) -> None:
    heard = iter([QUESTION, QUESTION, QUESTION])
    here = room(hears=lambda stop: iter([next(heard, "Mm-hm.")]), answers=says(LONG), samples=SLOWLY)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.output_audio.delta")
    for _ in heard:
        pass
    here.person.says(speech("Yeah."))
    here.person.waits_for("vox.voice", 2)
    here.person.keeps_silent(1)
    here.ear.until("vox.voice", 2)
    phases = [event.phase for event in here.ear.of("vox.voice")]
    assert phases[0] == "duck"
    here.person.waits_for("response.done")
    assert here.ear.of("response.done")[0].response.status == "completed"
    assert len(here.ear.of("input_audio_buffer.speech_started")) == 1
    assert [event.phase for event in here.ear.of("vox.voice")][-1] == "resume"


def test_a_short_sound_while_the_next_phrase_is_being_made_ends_nothing(
    room: Callable[..., Room], speech: Say
) -> None:
    heard = iter([QUESTION, QUESTION, QUESTION])
    story = Hanging("This is the first phrase. ", "And")
    here = room(hears=lambda stop: iter([next(heard, "Mm-hm.")]), answers=story)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.output_audio.delta")
    here.waits_until_quiet()
    for _ in heard:
        pass
    here.person.says(speech("Yeah."))
    here.person.waits_for("vox.voice", 2)
    here.person.keeps_silent(1)
    assert here.ear.of("vox.voice")[-1].phase == "resume"
    assert here.ear.of("response.done") == []


def test_vox_is_not_interrupted_by_its_own_words(room: Callable[..., Room], speech: Say) -> None:
    heard = [QUESTION]
    here = room(hears=lambda stop: iter([heard[-1]]), answers=says(LONG), samples=2_400)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.output_audio.delta")
    heard.append("Well,")
    here.person.says(speech("a long"))
    here.person.waits_for("response.done")
    here.person.keeps_silent(1)
    assert here.ear.of("response.done")[0].response.status == "completed"
    assert len(here.ear.of("input_audio_buffer.speech_started")) == 1


def test_with_interruptions_off_vox_speaks_to_its_end(room: Callable[..., Room], speech: Say) -> None:
    here = room(answers=says(LONG), samples=SLOWLY, interrupt_response=False)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.output_audio.delta")
    here.person.says(speech("Thank you, but tell me something about the sea instead."))
    assert here.person.waits_for("response.done").response.status == "completed"
    assert len(here.ear.of("input_audio_buffer.speech_started")) == 1
    assert here.ear.of("vox.voice") == []


def test_who_goes_on_before_an_answer_sounds_is_heard_as_one(room: Callable[..., Room], speech: Say) -> None:
    brain = Hanging()
    here = room(answers=brain)
    here.person.says(speech(QUESTION))
    here.person.waits_for("response.created")
    assert brain.is_hanging.wait(30)
    here.person.says(speech("And how many people live there?"))
    cut = here.person.waits_for("response.done")
    assert (cut.response.status, cut.response.status_details.reason) == ("cancelled", "turn_detected")
    (taken_back,) = here.ear.of("conversation.item.deleted")
    assert taken_back.item_id == here.ear.of("input_audio_buffer.committed")[0].item_id
    here.person.waits_for("response.created", 2)
    both = speech(QUESTION).size + speech("And how many people live there?").size
    assert here.ears.seconds[-1] > 0.9 * both / RATE
    assert brain.was_stopped.is_set()


def test_the_words_are_shown_while_they_are_said(room: Callable[..., Room], speech: Say) -> None:
    count = iter(range(100))
    here = room(hears=lambda stop: iter([" ".join(["word"] * (1 + next(count)))]))
    here.person.says(speech("The train to the coast leaves at nine in the morning."))
    first = here.ear.until("vox.hearing")
    assert (first.stable, first.unstable) == ("", "word")
    assert first.item_id == here.ear.of("input_audio_buffer.speech_started")[0].item_id


def test_a_client_may_end_the_utterance_itself(room: Callable[..., Room], speech: Say) -> None:
    here = room()
    with pytest.raises(RequestError, match="no audio to commit"):
        here.session.commit_audio()
    here.person.says(speech(QUESTION)[: 2 * RATE // 3 * 2])
    here.session.commit_audio()
    assert here.person.waits_for("response.done").response.status == "completed"


def test_what_is_heard_can_be_thrown_away(room: Callable[..., Room], speech: Say) -> None:
    here = room()
    here.person.says(speech(QUESTION)[:RATE])
    here.ear.until("input_audio_buffer.speech_started")
    here.session.clear_audio()
    here.person.keeps_silent(3)
    assert here.ear.of("input_audio_buffer.committed") == []


def test_switching_the_detection_off_throws_away_what_is_heard(
    room: Callable[..., Room], speech: Say
) -> None:
    here = room()
    here.person.says(speech(QUESTION)[:RATE])
    here.detect(None)
    here.person.keeps_silent(3)
    assert here.ear.of("input_audio_buffer.committed") == []
    here.session.commit_audio()  # the silence: a recording as with the Talk button
    here.ear.until("input_audio_buffer.committed")


def test_a_client_that_wants_no_answer_gets_the_words_alone(room: Callable[..., Room], speech: Say) -> None:
    here = room(create_response=False)
    here.person.says(speech(QUESTION))
    words = here.person.waits_for("conversation.item.input_audio_transcription.completed")
    assert words.transcript == QUESTION
    assert here.ear.of("response.created") == []
