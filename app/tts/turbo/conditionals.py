"""The voices a model can speak with: each learned once, then at hand."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from pathlib import Path

import torch

from app.engines import EngineError
from app.tts.turbo import TurboTTS
from app.tts.turbo.reference import RECIPE, VoiceLearner, read_reference
from app.tts.turbo.voice import Voice
from app.tts.turbo.voice_files import VoiceFiles
from app.tts.voices import Recording
from app.voices import learned

log = logging.getLogger(__name__)

#: Voices kept in memory, the GPU's where the model is there; each takes 0.2 MB.
MAX_VOICES = 16
#: Recordings whose voice is remembered by name, size and time.
MAX_RECORDINGS = 256


class PreparedVoices:
    """The voices of one loaded model, whose speaking parts it does not hold on to.

    Safe to use from any thread: a voice that is at hand is never waited for, and one that is not
    is learned once, whoever else asks for it meanwhile.

    ``folder`` keeps them on disk, None does not. ``version`` tells the model from others: what
    one model learned means nothing to another.
    """

    #: The voice that came with the checkpoint, a copy that nothing else refers to.
    built_in: Voice

    def __init__(self, model: TurboTTS, folder: Path | None, version: str) -> None:
        self.built_in = _copy(Voice.from_conditionals(f"built-in:{version}", model.conds))
        self._learner = VoiceLearner(model)
        self._version = version
        self._files = VoiceFiles(folder, version, RECIPE) if folder is not None else None
        self._lock = threading.Lock()
        self._learning = threading.Lock()
        self._keys: OrderedDict[Recording, str] = OrderedDict()
        self._voices: OrderedDict[str, Voice] = OrderedDict()

    def prepared(self, recording: Recording) -> Voice:
        """The voice in ``recording``, on the model's device. Learning it takes seconds on a CPU;
        from then on it comes from memory, after a restart from the disk.

        Raises EngineError where the recording is at fault.
        """
        voice = self._at_hand(recording)
        if voice is None:
            content = _read(recording)
            key = self._key(content)
            voice = self._kept(key) or self._learned(key, content, recording.path)
            self._remember(recording, voice)
        return voice

    def _at_hand(self, recording: Recording) -> Voice | None:
        with self._lock:
            key = self._keys.get(recording, "")
            if key not in self._voices:
                return None
            self._keys.move_to_end(recording)
            self._voices.move_to_end(key)
            return self._voices[key]

    def _kept(self, key: str) -> Voice | None:
        """The voice with ``key`` from memory, where another path led to it, or from the disk."""
        with self._lock:
            voice = self._voices.get(key)
        if voice is None and self._files is not None:
            voice = self._files.read(key, self._learner.device)
        return voice

    def _learned(self, key: str, content: bytes, path: Path) -> Voice:
        with self._learning:
            with self._lock:
                voice = self._voices.get(key)
            if voice is None:  # nobody has learned it while this thread waited
                log.info("Learning the voice in %s", path)
                started = time.perf_counter()
                voice = self._learner.learn(read_reference(content, path), key)
                seconds = time.perf_counter() - started
                self._add(voice)
                if self._files is not None:
                    self._files.write(voice, seconds)
            return voice

    def _key(self, content: bytes) -> str:
        return learned.key(hashlib.sha256(content).hexdigest(), self._version, RECIPE)

    def _remember(self, recording: Recording, voice: Voice) -> None:
        self._add(voice)
        with self._lock:
            self._keys[recording] = voice.key
            while len(self._keys) > MAX_RECORDINGS:
                self._keys.popitem(last=False)

    def _add(self, voice: Voice) -> None:
        with self._lock:
            self._voices[voice.key] = voice
            self._voices.move_to_end(voice.key)
            while len(self._voices) > MAX_VOICES:
                self._voices.popitem(last=False)


def _read(recording: Recording) -> bytes:
    """The bytes of ``recording``, of exactly the file that was meant."""
    try:
        with recording.path.open("rb") as file:
            content = file.read()
            found = os.fstat(file.fileno())
    except OSError as problem:
        raise EngineError(
            f"The recording {recording.path} can no longer be read ({problem.strerror}). "
            "Choose another voice."
        ) from None
    if (found.st_size, found.st_mtime_ns) != (recording.size, recording.modified_ns):
        raise EngineError(f"The recording {recording.path} has just been changed. Ask for the voice again.")
    return content


def _copy(voice: Voice) -> Voice:
    tensors = {name: value for name, value in vars(voice).items() if isinstance(value, torch.Tensor)}
    return dataclasses.replace(voice, **{name: value.clone() for name, value in tensors.items()})
