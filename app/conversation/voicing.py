"""Voicing: a reply's phrases, spoken in a thread of their own while its text goes on."""

from __future__ import annotations

import logging
import queue
import threading

import soxr

from app.conversation.config import OUTPUT_RATE
from app.conversation.reply import Reply
from app.conversation.stop import StopFlag
from app.engines import EngineError, Samples, Synthesizer
from app.models import Model, ModelNotReady
from app.tts.phrases import Phrase
from app.tts.speech import Chunk, speak

log = logging.getLogger(__name__)

#: A voice that fails on this many phrases in a row is not asked for more in this reply.
MAX_FAILURES = 3


class Voicing:
    """Speaks what it is given with ``say``, in that order, until ``finish`` or the stop."""

    def __init__(self, reply: Reply, model: Model[Synthesizer], voice: str, stop: StopFlag) -> None:
        self._reply = reply
        self._model = model
        self._voice = voice
        self._stop = stop
        self._phrases: queue.SimpleQueue[Phrase | None] = queue.SimpleQueue()
        self._failures = 0
        self.has_said = False
        self._thread = threading.Thread(target=self._run, name=f"tts-{reply.response_id}", daemon=True)
        self._thread.start()
        # A stop must also wake the thread while it waits for the next phrase.
        stop.on_set(lambda: self._phrases.put(None))

    def say(self, phrase: Phrase) -> None:
        self.has_said = True
        self._reply.timings.note("first_phrase")
        self._phrases.put(phrase)

    def finish(self) -> None:
        """Wait until everything has been said, or the stop is set; a reply of which nothing can be
        said is not silent without a word."""
        if not self.has_said and self._reply.transcript:
            self._reply.notice("info", "nothing_to_speak", "There is nothing in this reply to say aloud.")
        self._phrases.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._model.use(stop=self._stop) as synthesizer:
                while (phrase := self._phrases.get()) is not None and not self._stop.is_set():
                    if self._failures < MAX_FAILURES:
                        self._speak(synthesizer, phrase)
        except ModelNotReady as problem:
            self._reply.notice("warning", "voice_unavailable", f"This reply has no sound. {problem}")

    def _speak(self, synthesizer: Synthesizer, phrase: Phrase) -> None:
        voice = self._voice if self._voice in synthesizer.voices else None
        try:
            for chunk in speak([phrase], synthesizer, voice, self._stop):
                self._reply.add_phrase(phrase, _resampled(chunk))
            self._failures = 0
        except EngineError as problem:
            self._fail(str(problem))
        except Exception:
            log.exception("speaking a phrase failed")
            self._fail("The voice failed on a phrase. The log says more.")

    def _fail(self, message: str) -> None:
        self._failures += 1
        self._reply.error("speech_failed", message)
        if self._failures == MAX_FAILURES:
            self._reply.notice(
                "error",
                "voice_unavailable",
                "The voice keeps failing, so the rest of this reply is text only.",
            )


def _resampled(chunk: Chunk) -> Samples:
    if chunk.sample_rate == OUTPUT_RATE:
        return chunk.samples
    resampled: Samples = soxr.resample(chunk.samples, chunk.sample_rate, OUTPUT_RATE)
    return resampled
