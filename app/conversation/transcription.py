"""The words of one utterance, being found in a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.conversation.stop import StopFlag
from app.engines import EngineError, Samples, Transcriber
from app.models import Model, ModelNotReady

log = logging.getLogger(__name__)


class Transcription:
    """Transcribes one utterance. ``on_words`` is told each further piece of text, ``on_end`` once
    that it is over (however); both from the transcribing thread."""

    def __init__(
        self,
        item_id: str,
        audio: Samples,
        model: Model[Transcriber],
        on_words: Callable[[Transcription, str], None],
        on_end: Callable[[Transcription], None],
    ) -> None:
        self.item_id = item_id
        self.seconds = audio.size / 16_000
        self.stop = StopFlag()
        self.text = ""
        self.error: str | None = None
        self.elapsed_ms = 0
        self._audio = audio
        self._model = model
        self._on_words = on_words
        self._on_end = on_end
        self._over = threading.Event()

    @property
    def was_stopped(self) -> bool:
        return self.stop.is_set()

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"stt-{self.item_id}", daemon=True).start()

    def wait(self) -> None:
        """Block until it is over: transcribed, failed or stopped."""
        self._over.wait()

    def _run(self) -> None:
        started = time.monotonic()
        try:
            with self._model.use(stop=self.stop) as transcriber:
                for words in transcriber.transcribe(self._audio, self.stop):
                    if self.stop.is_set():
                        break
                    self._add(words)
        except (EngineError, ModelNotReady) as problem:
            self.error = str(problem)
        except Exception:
            log.exception("transcribing failed")
            self.error = "The transcriber failed on this recording. Try again, or look into the log."
        finally:
            self.elapsed_ms = round((time.monotonic() - started) * 1000)
            try:
                self._on_end(self)
            finally:
                self._over.set()

    def _add(self, words: str) -> None:
        words = words.strip()
        if not words:
            return
        piece = f" {words}" if self.text else words
        self.text += piece
        self._on_words(self, piece)
