"""The ears: Whisper through faster-whisper (CTranslate2), hearing only where somebody speaks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.cores import usable_cores
from app.engines import TRANSCRIBER_RATE, EngineError, Samples, Stop
from app.progress import Progress
from app.stt.vad import Span, speech_spans

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

log = logging.getLogger(__name__)

#: The files that a Whisper model has in CTranslate2's format. Without the tokenizer the library
#: would ask the hub for one.
NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")

#: Whisper knows windows of 30 seconds, so speech is packed into as few pieces as possible.
_WINDOW_SECONDS = 29.0
#: Sound kept on either side of speech: a word's first and last consonants are not voiced.
_MARGIN_SECONDS = 0.4

#: Above the first and below the second, text was invented rather than heard.
_NO_SPEECH_PROBABILITY, _INVENTED_LOG_PROBABILITY = 0.5, -0.7
#: Text that compresses better than this is the same words over and over, ...
_REPETITIVE = 2.4
#: ... and with more tokens than this a second nobody said it.
_SPOKEN_TOKENS_PER_SECOND = 8
#: Ends a decoder that repeats itself. Whisper takes 448, its prompt among them.
_TOKENS_PER_SECOND, _TOKENS_AT_LEAST, _TOKENS_AT_MOST = 20, 30, 440

#: More threads than this hardly help.
_MOST_THREADS = 8
_STOP_POLL_SECONDS = 0.05


class WhisperTranscriber:
    """Hears with the model in ``folder``, on ``device`` ("cpu" or "cuda").

    ``language`` is what is spoken ("en", "de"), or "" to let Whisper tell. Safe to share between
    threads: utterances take turns, a window of speech at a time.
    """

    def __init__(
        self, folder: Path, name: str, device: str = "cpu", language: str = "", notice: str = ""
    ) -> None:
        self.name = f"Whisper {name}"
        self.device = device
        self.notice = notice
        self._folder = folder
        self._language = language
        self._model: WhisperModel | None = None
        self._lock = threading.Lock()

    def load(self, progress: Progress) -> None:
        """Load the model and let it hear a second of silence, so that what is wrong with it or
        with the GPU shows now. Raises EngineError."""
        _check_files(self._folder)
        progress.report("Loading faster-whisper", 0, 3)
        from app.stt.short_window import ShortWindowWhisper

        progress.report(f"Loading {self.name}", 1, 3)
        try:
            model = ShortWindowWhisper(
                str(self._folder),
                device=self.device,
                compute_type=_compute_type(self.device),
                cpu_threads=min(usable_cores(), _MOST_THREADS),
            )
            self._language = _checked_language(self._language, model)
            progress.report("Listening to silence", 2, 3)
            list(self._segments(model, np.zeros(TRANSCRIBER_RATE, dtype=np.float32)))
        except EngineError:
            raise
        except Exception as problem:  # of many kinds, from native code
            log.debug("loading %s failed", self._folder, exc_info=True)
            raise EngineError(
                f"{self.name} could not be loaded from {self._folder / 'model.bin'} on {self.device}: "
                f"{problem}"
            ) from problem
        self._model = model

    def unload(self) -> None:
        model, self._model = self._model, None
        if model is not None:
            with self._lock:
                model.model.unload_model()

    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:
        """Yield the words of ``audio`` (16 kHz), a window of speech at a time; nothing for silence
        or noise. ``stop`` is looked at between windows. Raises EngineError."""
        spans = speech_spans(audio, _WINDOW_SECONDS - 2 * _MARGIN_SECONDS)
        for window in _windows(audio, spans):
            with self._acquired(stop) as model:
                if model is None:
                    return
                words = self._hear(model, window)
            if words:
                yield words

    def _hear(self, model: WhisperModel, window: Samples) -> str:
        try:
            segments = [segment for segment in self._segments(model, window) if _was_heard(segment)]
        except Exception as problem:  # of many kinds, from native code
            log.debug("transcribing failed", exc_info=True)
            raise EngineError(f"{self.name} failed on this recording: {problem}. Try again.") from problem
        return " ".join(segment.text.strip() for segment in segments)

    def _segments(self, model: WhisperModel, window: Samples) -> Iterator[Segment]:
        # "multilingual" tells the language from the encoding that the words are found in. Leaving
        # the language out instead would encode everything twice.
        segments, _ = model.transcribe(
            window,
            language=self._language or "en",
            multilingual=not self._language and model.model.is_multilingual,
            beam_size=2 if self.device == "cpu" else 5,
            temperature=[0.0, 0.4],
            best_of=1,
            compression_ratio_threshold=_REPETITIVE,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=_most_tokens(window.size / TRANSCRIBER_RATE),
        )
        yield from segments

    @contextmanager
    def _acquired(self, stop: Stop) -> Iterator[WhisperModel | None]:
        """The model, for this caller alone; None once ``stop`` is set."""
        while not stop.is_set():
            if self._lock.acquire(timeout=_STOP_POLL_SECONDS):
                try:
                    if self._model is None:
                        raise EngineError("The transcriber is not loaded. Load it, then try again.")
                    yield self._model
                finally:
                    self._lock.release()
                return
        yield None


def _windows(audio: Samples, spans: list[Span]) -> list[Samples]:
    """The speech of ``audio`` with a margin around each span, packed into windows."""
    if not spans:
        return []
    from faster_whisper.vad import collect_chunks

    margin = int(_MARGIN_SECONDS * TRANSCRIBER_RATE)
    # Neighbours share the pause between them.
    middles = [(end + start) // 2 for (_, end), (start, _) in pairwise(spans)]
    limits = pairwise([0, *middles, audio.size])
    padded: list[dict[str, Any]] = [
        {"start": max(start - margin, earliest), "end": min(end + margin, latest)}
        for (start, end), (earliest, latest) in zip(spans, limits, strict=True)
    ]
    chunks, _ = collect_chunks(audio, padded, TRANSCRIBER_RATE, _WINDOW_SECONDS)
    return [chunk for chunk in chunks if chunk.size]


def _most_tokens(seconds: float) -> int:
    return min(_TOKENS_AT_LEAST + round(seconds * _TOKENS_PER_SECOND), _TOKENS_AT_MOST)


def _was_heard(segment: Segment) -> bool:
    """Whether a segment's text stands for speech, rather than being invented for some noise."""
    if not any(character.isalnum() for character in segment.text):
        return False
    seconds = segment.end - segment.start
    if segment.compression_ratio > _REPETITIVE and len(segment.tokens) > _SPOKEN_TOKENS_PER_SECOND * seconds:
        return False
    is_speech = segment.no_speech_prob <= _NO_SPEECH_PROBABILITY
    return bool(is_speech or segment.avg_logprob >= _INVENTED_LOG_PROBABILITY)


def _check_files(folder: Path) -> None:
    missing = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if missing:
        raise EngineError(
            f"{folder} holds no Whisper model for faster-whisper: it lacks {', '.join(missing)}. "
            "Set VOX_STT to a model's name (tiny.en, base) or to the right folder."
        )


def _compute_type(device: str) -> str:
    import ctranslate2

    wanted = "float16" if device == "cuda" else "int8"
    return wanted if wanted in ctranslate2.get_supported_compute_types(device) else "default"


def _checked_language(language: str, model: WhisperModel) -> str:
    """``language`` as the model knows it. One that understands English only takes any for it."""
    language = language.lower()
    if not model.model.is_multilingual:
        return "en"
    if language and language not in model.supported_languages:
        raise EngineError(
            f"VOX_LANGUAGE={language!r} is no language that Whisper knows. Give a code such as en, de or fr, "
            "or leave it empty."
        )
    return language
