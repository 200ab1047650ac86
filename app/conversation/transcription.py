"""The words of one utterance, being found in a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from app import threads
from app.conversation.stop import StopFlag
from app.engines import EngineError, Samples, Transcriber
from app.models import Model, ModelNotReady

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Whoever is told of a transcription."""

    def on_words(self, transcription: Transcription, words: str) -> None:
        """A further piece of its text."""

    def on_end(self, transcription: Transcription) -> None:
        """It is over, however it ended. Comes once, and last."""


class Transcription:
    """Transcribes ``audio`` (16 kHz) from the moment it is made. It may be begun on a guess, before
    it is known that the utterance is whole: nobody hears of it until ``tell`` is called."""

    def __init__(self, item_id: str, audio: Samples, model: Model[Transcriber]) -> None:
        self.item_id = item_id
        self.seconds = audio.size / 16_000
        self.stop = StopFlag()
        self.text = ""
        self.error: str | None = None
        self.audio = audio
        self._model = model
        self._lock = threading.Lock()
        self._audience: Audience | None = None
        self._began_at = time.monotonic()
        self._told_from: float | None = None
        self._ended_at: float | None = None
        self._over = threading.Event()
        self._on_known: list[Callable[[], None]] = []
        threads.begin(self._run, f"stt-{item_id}")

    @property
    def was_stopped(self) -> bool:
        return self.stop.is_set()

    @property
    def is_known(self) -> bool:
        """Whether its words have been found, if there are any."""
        return self._ended_at is not None

    @property
    def found_nothing(self) -> bool:
        """Whether it is known that there are no words."""
        return self.is_known and not self.text and self.error is None

    @property
    def age_s(self) -> float:
        """Seconds since it was begun."""
        return time.monotonic() - self._began_at

    @property
    def took_s(self) -> float:
        """Seconds that it took, or has taken so far."""
        return (self._ended_at or time.monotonic()) - self._began_at

    @property
    def waited_ms(self) -> int:
        """How long the words were waited for, once somebody did."""
        if self._told_from is None or self._ended_at is None:
            return 0
        return max(0, round((self._ended_at - self._told_from) * 1000))

    def tell(self, audience: Audience) -> None:
        """Tell ``audience`` what has been found so far, now, and the rest from the transcribing
        thread. The caller holds whatever lock the audience takes: that keeps the order."""
        self._told_from = time.monotonic()
        with self._lock:
            self._audience = audience
            text, is_known = self.text, self.is_known
        if text:
            audience.on_words(self, text)
        if is_known:
            self._tell_end(audience)

    def when_known(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once the words are known: now, or from the transcribing thread."""
        with self._lock:
            if not self.is_known:
                self._on_known.append(callback)
                return
        callback()

    def wait(self) -> None:
        """Block until it is over, and its audience told: transcribed, failed or stopped."""
        self._over.wait()

    def _run(self) -> None:
        try:
            with self._model.use(stop=self.stop, what="what somebody says") as transcriber:
                for words in transcriber.transcribe(self.audio, self.stop):
                    if self.stop.is_set():
                        break
                    self._add(words)
        except (EngineError, ModelNotReady) as problem:
            self.error = str(problem)
        except Exception:
            log.exception("transcribing failed")
            self.error = "The transcriber failed on this recording. Try again, or look into the log."
        finally:
            self._end()

    def _add(self, words: str) -> None:
        words = words.strip()
        if not words:
            return
        with self._lock:
            piece = f" {words}" if self.text else words
            self.text += piece
            audience = self._audience
        if audience is not None:
            audience.on_words(self, piece)

    def _end(self) -> None:
        with self._lock:
            self._ended_at = time.monotonic()
            audience, callbacks = self._audience, self._on_known
        for callback in callbacks:
            callback()
        if audience is not None:
            self._tell_end(audience)

    def _tell_end(self, audience: Audience) -> None:
        try:
            audience.on_end(self)
        finally:
            self._over.set()
