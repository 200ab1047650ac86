"""The floor: who speaks, the person or VOX. What listening notices becomes items and turns here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

import openai.types.realtime as realtime

from app import threads
from app.conversation.backchannel import is_backchannel
from app.conversation.detection import TurnDetection
from app.conversation.echo import is_echo
from app.conversation.events import Listener, VoxHearing, VoxVoice, make, new_id
from app.conversation.hearing import Hearing
from app.conversation.listening import ASK_AGAIN_MS, FloorState, Listening
from app.conversation.live_words import LiveWords
from app.conversation.transcription import Transcription
from app.conversation.turn import Turn
from app.conversation.turns import Turns
from app.conversation.unfinished import looks_asked, looks_unfinished
from app.conversation.utterance import Utterance
from app.engines import Samples
from app.stt.ears import ears
from app.stt.end_of_turn import end_of_turn
from app.stt.vad import has_speech

#: Seconds of an utterance after which its words are shown at its pauses only: a reading of more
#: takes the transcriber too long.
LONGEST_DRAFT = 25.0
#: Seconds of an utterance up to which its words are looked for before it is known to pause: the
#: transcriber cannot be interrupted, and a reading in vain delays the next.
LONGEST_EARLY_READING = 8.0
#: How much longer than the last reading took the transcriber rests before the next.
REST_AFTER_DRAFT = 4
#: Milliseconds of voice without a break that are no click, no cough and no beginning of a hum.
SURELY_SPEECH_MS = 500


class Floor:
    """An open microphone: ``append`` takes what it hears, and turns begin by themselves.

    ``lock`` is the session's: callers of the public methods hold it, but for ``settle``; the threads that
    listen, judge and transcribe take it. ``respond`` begins a turn that answers what was heard last.
    """

    def __init__(
        self,
        detection: TurnDetection,
        rate: int,
        max_seconds: float,
        begins_ms: float,
        listener: Listener,
        hearing: Hearing,
        turns: Turns,
        lock: threading.RLock,
        respond: Callable[[], Turn],
    ) -> None:
        """``begins_ms`` is how much sound the session was given before."""
        self._judge = end_of_turn() if detection.uses_model else None
        if detection.uses_model and self._judge is None:
            detection = detection.by_silence()
        self._detection = detection
        self._listening = Listening(detection, self, max_seconds)
        self._ear = ears().open(rate, lock, self._listening.hear)
        self._begins_ms = begins_ms
        self._listener = listener
        self._hearing = hearing
        self._turns = turns
        self._lock = lock
        self._respond = respond
        self._held_since: float | None = None
        self._item_id = ""
        #: The words of the utterance under way, looked for at its latest pause, and how much voice
        #: there was until then.
        self._guess: Transcription | None = None
        self._guessed_voiced = 0
        self._live = LiveWords()
        self._draft: Transcription | None = None
        #: The last utterance, until something of its answer was heard.
        self._answered: tuple[Turn, Transcription, Samples] | None = None

    # ----- what the client may ask for

    def append(self, pcm: bytes) -> None:
        """Take 16-bit mono PCM; it is heard a moment later."""
        self._ear.feed(pcm)

    def settle(self) -> None:
        """Wait until what was taken has been heard."""
        self._ear.settle()

    def clear(self) -> None:
        """Throw away what has been heard of an utterance."""
        self._ear.reset()
        self._listening.drop()

    def commit(self) -> bool:
        """The utterance under way is whole. False where there is none."""
        is_under_way = self._listening.utterance is not None
        self._listening.finish()
        return is_under_way

    # ----- what listening notices

    def state(self) -> FloorState:
        is_speaking = self._turns.is_speaking
        if not is_speaking and not self._turns.is_under_way:
            return "free"
        if not self._detection.interrupts_response:
            return "deaf"
        return "sounding" if is_speaking else "thinking"

    def voice(self, phase: Literal["duck", "hold", "resume"]) -> None:
        if phase == "hold":
            self._held_since = time.monotonic()
        elif phase == "resume":
            self._drop_guess()
            if self._held_since is not None and self._turns.latest is not None:
                self._turns.latest.reply.held(time.monotonic() - self._held_since)
            self._held_since = None
        self._listener.send(make(VoxVoice, phase=phase))

    def took_back(self) -> Samples | None:
        answered, self._answered = self._answered, None
        if answered is None:
            return None
        turn, transcription, samples = answered
        if self._turns.latest is not turn or turn.reply.has_ended or turn.reply.has_sounded:
            return None
        # The client is first told that the answer ends, then that its question goes on.
        self._turns.cancel("turn_detected")
        self._hearing.forget(transcription)
        return samples

    def begin(self, utterance: Utterance) -> None:
        self._held_since = None
        self._live = LiveWords()
        self._item_id = self._guess.item_id if self._guess else new_id("item")
        self._listener.send(
            make(
                realtime.InputAudioBufferSpeechStartedEvent,
                audio_start_ms=round(self._begins_ms + utterance.begins_ms),
                item_id=self._item_id,
            )
        )
        self._turns.cancel("turn_detected")

    def speaking(self, utterance: Utterance) -> None:
        if self._may_draft() and utterance.seconds <= LONGEST_DRAFT:
            self._draft = self._hearing.begin(utterance.samples(), self._item_id)
            self._show(self._draft)

    def lull(self, utterance: Utterance) -> None:
        if utterance.seconds <= LONGEST_EARLY_READING and not self._is_reading():
            self._find_words(utterance)

    def pause(self, utterance: Utterance, number: int) -> None:
        self._find_words(utterance)
        self.judge(utterance, number)

    def judge(self, utterance: Utterance, number: int) -> None:
        judge, guess, samples = self._judge, self._guess, utterance.samples()
        if judge is None or guess is None:
            return
        is_first = utterance.silent_ms < ASK_AGAIN_MS

        def work() -> None:
            probability = judge.probability(samples)
            # No answer can begin before the words are known, so it costs nothing to look at them.
            guess.when_known(lambda: self._judged(number, probability, is_first, guess))

        threads.begin(work, "end-of-turn")

    def go_on(self) -> None:
        # It is still worth showing, and a reading that has begun could not be ended anyway.
        self._draft, self._guess = self._guess, None

    def end(self, utterance: Utterance) -> None:
        self._tell_stopped(utterance.ends_ms)
        samples = utterance.samples()
        self._find_words(utterance)
        transcription, self._guess = self._guess, None
        assert transcription is not None
        if transcription.found_nothing or not _is_speech(utterance, samples):
            transcription.stop.set()
            return
        self._hearing.commit(transcription, unasked=True)
        if not self._detection.creates_response:
            return
        turn = self._respond()
        turn.reply.timings.heard(
            voiced_until_ms=self._begins_ms + utterance.voiced_until_ms,
            endpoint_ms=utterance.ends_ms - utterance.voiced_until_ms,
        )
        self._answered = (turn, transcription, samples)

    def drop(self) -> None:
        self._drop_guess()

    def ask(self, utterance: Utterance, number: int) -> None:
        self._item_id = new_id("item")
        self._find_words(utterance)
        guess = self._guess
        assert guess is not None

        def answer() -> None:
            with self._lock:
                if not guess.was_stopped:
                    self._listening.answered(number, means_something=self._means_something(guess.text))

        guess.when_known(answer)

    # ----- inside

    def _judged(self, number: int, probability: float, is_first: bool, guess: Transcription) -> None:
        with self._lock:
            if guess.was_stopped or looks_unfinished(guess.text):
                return
            if self._detection.is_sure(probability, asked=looks_asked(guess.text), is_first=is_first):
                self._listening.judged_over(number)

    def _means_something(self, words: str) -> bool:
        """Whether what was said in short while VOX spoke is meant for VOX."""
        latest = self._turns.latest
        return not is_backchannel(words) and not (latest and is_echo(words, latest.reply.said_lately()))

    def _find_words(self, utterance: Utterance) -> None:
        """Look for the words of the utterance so far, unless they are being looked for already."""
        if self._guess is not None and self._guessed_voiced == utterance.voiced:
            return
        self._drop_guess()
        self._guess = self._hearing.begin(utterance.samples(), self._item_id)
        self._guessed_voiced = utterance.voiced
        self._show(self._guess)

    def _show(self, reading: Transcription) -> None:
        """Tell the words of ``reading`` once they are known, if the utterance still goes on."""
        live = self._live

        def tell() -> None:
            with self._lock:
                goes_on = live is self._live and self._listening.utterance is not None
                if goes_on and reading.text and not reading.was_stopped:
                    stable, unstable = live.read(reading.text)
                    event = make(VoxHearing, item_id=self._item_id, stable=stable, unstable=unstable)
                    self._listener.send(event)

        reading.when_known(tell)

    def _may_draft(self) -> bool:
        """Whether a reading would hardly delay the one at the next pause: the transcriber reads one
        thing at a time, and what it has begun it ends."""
        draft = self._draft
        if draft is None:
            return True
        return draft.is_known and draft.age_s >= (1 + REST_AFTER_DRAFT) * draft.took_s

    def _is_reading(self) -> bool:
        return any(reading is not None and not reading.is_known for reading in (self._guess, self._draft))

    def _drop_guess(self) -> None:
        for reading in (self._guess, self._draft):
            if reading is not None:
                reading.stop.set()
        self._guess = None  # the draft is kept: it tells how quick the transcriber is

    def _tell_stopped(self, ends_ms: float) -> None:
        self._listener.send(
            make(
                realtime.InputAudioBufferSpeechStoppedEvent,
                audio_end_ms=round(self._begins_ms + ends_ms),
                item_id=self._item_id,
            )
        )


def _is_speech(utterance: Utterance, samples: Samples) -> bool:
    # What was plainly a voice need not be looked at again; the ears wait here for all sessions.
    return utterance.longest_voiced_ms >= SURELY_SPEECH_MS or has_speech(samples)
