"""One tab's conversation, at the moments that matter: stops, faults and what history keeps."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from app.conversation.events import RequestError
from app.conversation.session import Session
from app.engines import EngineError, ReplyCutShort, Stop
from app.models import Models
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
from tests.waiting import wait_until

SECOND_OF_SOUND = np.zeros(24_000, dtype="<i2").tobytes()


def a_session(
    hears: Script = says("Hello."),
    answers: Script = says("Good day. ", "How are you?"),
    voice: ScriptedSynthesizer | None = None,
    settings: Settings = Settings(),
) -> tuple[Session, Ear, ScriptedBrain]:
    brain = ScriptedBrain(answers)
    models: Models = scripted_models(ScriptedTranscriber(hears), brain, voice)
    ear = Ear()
    session = Session(models, lambda: settings, ear)
    session.start()
    return session, ear, brain


def typed(session: Session, text: str) -> None:
    session.create_item(
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )
    session.create_response()


def spoken(session: Session) -> None:
    session.append_audio(SECOND_OF_SOUND)
    session.commit_audio()
    session.create_response()


def test_a_spoken_turn_tells_its_events_in_realtimes_order() -> None:
    session, ear, _ = a_session()
    spoken(session)
    ear.until("response.done")
    first = list(dict.fromkeys(event.type for event in ear.events))
    expected = [
        "session.created",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "vox.timings",
        "vox.phrase",
        "response.output_audio.delta",
        "response.output_audio_transcript.done",
        "response.output_audio.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    assert [name for name in first if name in expected] == expected


def test_the_reply_waits_for_the_words() -> None:
    session, ear, brain = a_session(hears=says("Hello ", "there."))
    spoken(session)
    ear.until("response.done")
    assert brain.prompts[0][-1].text == "Hello there."


def test_phrases_tell_where_they_stand_in_the_transcript_in_utf16() -> None:
    session, ear, _ = a_session(answers=says("🎈🎈 Good day to you. ", "How are you today?"))
    typed(session, "Hi")
    ear.until("response.done")
    transcript = ear.of("response.output_audio_transcript.done")[0].transcript.encode("utf-16-le")
    marked = [transcript[2 * e.start : 2 * e.end].decode("utf-16-le").strip() for e in ear.of("vox.phrase")]
    assert marked[-1] == "How are you today?"
    assert "".join(marked[:-1]).endswith("Good day to you.")


def test_a_stop_while_the_brain_hangs_ends_the_turn_and_the_request() -> None:
    brain = Hanging("Well, ")
    session, ear, _ = a_session(answers=brain)
    typed(session, "Hi")
    assert brain.is_hanging.wait(30)
    session.cancel_response()
    assert ear.of("response.done")[0].response.status == "cancelled"
    assert brain.was_stopped.wait(30)


def test_a_stop_during_transcription_drops_the_recording() -> None:
    ears = Hanging()
    session, ear, brain = a_session(hears=ears)
    spoken(session)
    assert ears.is_hanging.wait(30)
    session.cancel_response()
    assert ear.until("conversation.item.input_audio_transcription.failed").error.code == "cancelled"
    ear.until("conversation.item.deleted")
    assert [event.response.status for event in ear.of("response.done")] == ["cancelled"]
    assert brain.prompts == []


def test_a_stop_during_the_last_phrase_ends_the_turn_once() -> None:
    at_last_phrase, go_on = threading.Event(), threading.Event()

    def before(phrase: str) -> None:
        if phrase.startswith("How"):
            at_last_phrase.set()
            assert go_on.wait(30)

    voice = ScriptedSynthesizer(before)
    session, ear, _ = a_session(
        answers=says("Good day to you, my friend. ", "How are you today?"), voice=voice
    )
    typed(session, "Hi")
    assert at_last_phrase.wait(30)
    session.cancel_response()
    go_on.set()
    typed(session, "And again")
    ear.until("response.done", count=2)
    assert [event.response.status for event in ear.of("response.done")] == ["cancelled", "completed"]
    cancelled = ear.of("response.done")[0]
    after = ear.events[ear.events.index(cancelled) + 1 :]
    assert not [e for e in after if getattr(e, "response_id", None) == cancelled.response.id]


def test_history_keeps_of_a_stopped_reply_what_was_spoken_and_marks_it() -> None:
    brain_hangs = Hanging("Good day to you, my friend. ", "How are ")
    # No faster than a voice is taken to speak: the phrase is spoken, also before it is known to be whole.
    session, ear, brain = a_session(answers=brain_hangs, voice=ScriptedSynthesizer(samples=1_600))
    typed(session, "Hi")
    ear.until("response.output_audio.delta")
    assert brain_hangs.is_hanging.wait(30)
    session.cancel_response()
    typed(session, "Go on")
    wait_until(lambda: len(brain.prompts) == 2)
    session.close()
    assert [message.text for message in brain.prompts[1][1:]] == [
        "Hi",
        "Good day to you, my friend. …",
        "Go on",
    ]


def test_a_brain_that_dies_in_mid_reply_leaves_its_text_and_one_error() -> None:
    def dies(stop: Stop) -> Iterator[str]:
        yield "Good day to you, my friend. "
        raise EngineError("The language model stopped answering. Look whether its server still runs.")

    session, ear, brain = a_session(answers=dies)
    typed(session, "Hi")
    done = ear.until("response.done")
    assert done.response.status == "failed"
    assert "stopped answering" in done.response.status_details.error.message
    assert done.response.output[0].content[0].transcript.strip() == "Good day to you, my friend."
    assert len(ear.of("error")) == 1
    assert ear.of("response.output_audio.delta")

    brain._script = says("Here I am again.")
    typed(session, "Hello?")
    assert ear.until("response.done", count=2).response.status == "completed"


def test_a_voice_that_breaks_on_a_phrase_speaks_the_next() -> None:
    def breaks(phrase: str) -> None:
        if phrase.startswith("Good"):
            raise EngineError("The voice ran out of memory on this phrase.")

    voice = ScriptedSynthesizer(breaks)
    session, ear, _ = a_session(
        answers=says("Good day to you, my friend. ", "How are you today?"), voice=voice
    )
    typed(session, "Hi")
    assert ear.until("response.done").response.status == "completed"
    assert [event.error.code for event in ear.of("error")] == ["speech_failed"]
    assert voice.spoken == ["How are you today?"]


def test_the_brain_is_free_while_the_voice_still_speaks() -> None:
    is_speaking, go_on = threading.Event(), threading.Event()

    def before(phrase: str) -> None:
        is_speaking.set()
        assert go_on.wait(30)

    session, ear, _ = a_session(voice=ScriptedSynthesizer(before))
    typed(session, "Hi")
    assert is_speaking.wait(30)
    session._models.llm.unload(timeout=30)
    go_on.set()
    assert ear.until("response.done").response.status == "completed"


def test_a_reply_cut_at_its_longest_is_incomplete() -> None:
    def cut_short(stop: Stop) -> Iterator[str]:
        yield "And so it goes on and on"
        raise ReplyCutShort("The reply reached its longest.")

    session, ear, _ = a_session(answers=cut_short)
    typed(session, "Hi")
    done = ear.until("response.done")
    assert done.response.status == "incomplete"
    assert done.response.status_details.reason == "max_output_tokens"
    assert not ear.of("error")


def test_an_empty_reply_is_told_as_a_failure() -> None:
    session, ear, _ = a_session(answers=says("  ", "\n"))
    typed(session, "Hi")
    done = ear.until("response.done")
    assert done.response.status == "failed"
    assert "nothing" in done.response.status_details.error.message


def test_a_reply_with_nothing_to_say_aloud_is_not_silent_without_a_word() -> None:
    session, ear, _ = a_session(answers=says("🎈", "🎈"))
    typed(session, "Balloons!")
    assert ear.until("response.done").response.status == "completed"
    assert [event.code for event in ear.of("vox.notice")] == ["nothing_to_speak"]


def test_a_failed_transcription_is_told_and_answered_with_nothing() -> None:
    def fails(stop: Stop) -> Iterator[str]:
        raise EngineError("The transcriber ran out of memory.")
        yield ""

    session, ear, brain = a_session(hears=fails)
    spoken(session)
    assert ear.until("response.done").response.status == "failed"
    failed = ear.of("conversation.item.input_audio_transcription.failed")[0]
    assert failed.error.message == "The transcriber ran out of memory."
    assert brain.prompts == []


def test_silence_is_answered_with_nothing_even_when_it_was_judged_before_the_reply_was_asked_for() -> None:
    session, ear, brain = a_session(hears=says())
    session.append_audio(SECOND_OF_SOUND)
    session.commit_audio()
    ear.until("conversation.item.deleted")
    session.create_response()
    done = ear.until("response.done")
    assert (done.response.status, done.response.output) == ("completed", [])
    assert brain.prompts == []


def test_a_typed_message_after_silence_is_answered() -> None:
    session, ear, brain = a_session(hears=says())
    session.append_audio(SECOND_OF_SOUND)
    session.commit_audio()
    typed(session, "Hi")
    assert ear.until("response.done").response.output
    assert brain.prompts[0][-1].text == "Hi"


def test_an_utterance_too_long_is_told_once_and_kept_so_far() -> None:
    session, ear, _ = a_session(settings=Settings(max_utterance=2))
    session.append_audio(SECOND_OF_SOUND)
    session.append_audio(SECOND_OF_SOUND)
    with pytest.raises(RequestError) as problem:
        session.append_audio(SECOND_OF_SOUND)
    assert problem.value.code == "utterance_too_long"
    session.append_audio(SECOND_OF_SOUND)
    session.commit_audio()
    completed = ear.until("conversation.item.input_audio_transcription.completed")
    assert completed.transcript == "Hello."


def test_an_out_of_band_reply_answers_its_input_alone_and_leaves_no_trace() -> None:
    session, ear, brain = a_session()
    session.create_response(
        {
            "conversation": "none",
            "instructions": "Be brief.",
            "metadata": {"topic": "title"},
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Title?"}]}
            ],
        }
    )
    done = ear.until("response.done")
    assert [message.text for message in brain.prompts[0][1:]] == ["Title?"]
    assert done.response.metadata == {"topic": "title"}
    assert done.response.conversation_id is None
    with pytest.raises(RequestError):
        session.retrieve_item(done.response.output[0].id)


def test_a_request_that_names_an_unknown_item_is_refused_and_the_old_turn_goes_on() -> None:
    go_on = threading.Event()

    def answers(stop: Stop) -> Iterator[str]:
        yield "Good day to you, my friend. "
        assert go_on.wait(30)
        yield "How are you today?"

    session, ear, _ = a_session(answers=answers)
    typed(session, "Hi")
    ear.until("response.output_audio_transcript.delta")
    with pytest.raises(RequestError) as problem:
        session.create_response({"input": [{"type": "item_reference", "id": "nobody"}]})
    assert (problem.value.code, problem.value.param) == ("item_not_found", "response.input")
    go_on.set()
    assert ear.until("response.done").response.status == "completed"
    assert len(ear.of("response.created")) == 1


def test_a_message_too_long_for_the_brain_is_shortened_and_the_person_told() -> None:
    session, ear, brain = a_session()
    typed(session, "Please read this. " + "blah " * 10_000 + "What do you think?")
    ear.until("response.done")
    assert [event.code for event in ear.of("vox.notice")] == ["text_shortened"]
    told = brain.prompts[0][-1].text
    assert told.startswith("Please read this.")
    assert told.endswith("What do you think?")


def test_closing_ends_what_is_under_way() -> None:
    brain = Hanging("Well, ")
    session, _, _ = a_session(answers=brain)
    typed(session, "Hi")
    assert brain.is_hanging.wait(30)
    session.close()
    assert brain.was_stopped.wait(30)
