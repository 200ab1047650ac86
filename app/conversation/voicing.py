"""Voicing: a reply's text, spoken phrase by phrase in threads of its own while it is being written."""

from __future__ import annotations

import logging
import queue
import time

from app import threads
from app.conversation.onset import without_silent_lead
from app.conversation.phrase_progress import PhraseProgress
from app.conversation.playback import Clock, Playback
from app.conversation.reply import Reply
from app.conversation.resampling import PhraseResampler
from app.conversation.stop import StopFlag
from app.engines import EngineError, Samples, Synthesizer, Tell
from app.models import Model, ModelNotReady
from app.tts.ahead import Ahead, Made
from app.tts.phrases import Phrase, PhraseCutter

log = logging.getLogger(__name__)

#: A voice that fails on this many phrases in a row is not asked for more in this reply.
MAX_FAILURES = 3


class Voicing:
    """Speaks the text that ``feed`` is given, until ``finish`` or the stop.

    Phrases are made ahead of their playback, which is estimated by ``clock``, and no further.
    """

    def __init__(
        self,
        reply: Reply,
        model: Model[Synthesizer],
        voice: str,
        stop: StopFlag,
        clock: Clock = time.monotonic,
    ) -> None:
        self._reply = reply
        self._model = model
        self._voice = voice
        self._stop = stop
        self._clock = clock
        self._cutter = PhraseCutter()
        self._phrases: queue.SimpleQueue[Phrase | None] = queue.SimpleQueue()
        self._failures = 0
        self._resampler: PhraseResampler | None = None
        self._speaking: threads.Work | None = None

    def feed(self, text: str) -> None:
        """Speak a further piece of the reply's text."""
        for phrase in self._cutter.feed(text):
            self._say(phrase)

    def finish(self) -> None:
        """Speak what is left and wait until everything has been made, or the stop is set; a reply of
        which nothing can be said is not silent without a word."""
        for phrase in self._cutter.finish():
            self._say(phrase)
        self._phrases.put(None)
        if self._speaking is not None:
            self._speaking.wait()
        elif self._reply.transcript:
            self._reply.notice("info", "nothing_to_speak", "There is nothing in this reply to say aloud.")

    def _say(self, phrase: Phrase) -> None:
        self._reply.timings.note("written")
        self._phrases.put(phrase)
        if self._speaking is None:
            self._speaking = threads.begin(self._run, f"tts-{self._reply.response_id}")
            # Who waits for the next phrase learns of the stop by there being none.
            self._stop.on_set(lambda: self._phrases.put(None))

    def _run(self) -> None:
        try:
            with self._model.use(stop=self._stop) as synthesizer:
                self._speak(synthesizer)
        except ModelNotReady as problem:
            self._reply.notice("warning", "voice_unavailable", f"This reply has no sound. {problem}")

    def _speak(self, synthesizer: Synthesizer) -> None:
        voice = self._voice if self._voice in synthesizer.voices else None
        phrases = iter(self._phrases.get, None)
        playback = Playback(self._clock)
        with Ahead(phrases, synthesizer, voice, self._stop, playback, self._progress) as spoken:
            for made in spoken:
                self._deliver(made, synthesizer.sample_rate)
                if self._failures == MAX_FAILURES:
                    self._phrases.put(None)
                    return

    def _deliver(self, made: Made, rate: int) -> None:
        try:
            self._reply.add_sound(made.index, made.phrase, self._sound(made, rate), is_last=made.is_last)
            if made.problem is not None:
                raise made.problem
            if made.is_last:
                self._failures = 0
        except EngineError as problem:
            self._fail(str(problem))
        except Exception:
            log.exception("speaking a phrase failed")
            self._fail("The voice failed on a phrase. The log says more.")

    def _sound(self, made: Made, rate: int) -> Samples:
        """The sound of ``made`` as it is told."""
        samples = made.samples if self._reply.has_sounded else without_silent_lead(made.samples, rate)
        resampler = self._resampler or PhraseResampler(rate)
        self._resampler = None if made.is_last else resampler
        return resampler.take(samples, is_last=made.is_last)

    def _progress(self, index: int) -> Tell:
        return PhraseProgress(lambda fraction: self._reply.add_progress(index, fraction))

    def _fail(self, message: str) -> None:
        self._failures += 1
        self._reply.error("speech_failed", message)
        if self._failures == MAX_FAILURES:
            self._reply.notice(
                "error",
                "voice_unavailable",
                "The voice keeps failing, so the rest of this reply is text only.",
            )
