"""Chatterbox Turbo: a natural voice that can also speak with the voice of a recording."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app import garbage, memory
from app.cores import usable_cores
from app.engines import EngineError, Samples, Stop, Tell, tell_nobody
from app.progress import LoadCancelled, Progress
from app.tts import turbo
from app.tts.checkpoint import Checkpoint, find_checkpoint
from app.tts.leaving import finished
from app.tts.tags import CHATTERBOX_TAGS
from app.tts.turbo import problems
from app.tts.voices import recording
from app.voices.library import VoiceLibrary
from app.voices.record import is_voice_id

if TYPE_CHECKING:
    from app.tts.turbo.model import TurboModel
    from app.tts.turbo.voice import Voice

log = logging.getLogger(__name__)

#: The voice that comes with the checkpoint. (To a session "default" is the voice it has by default,
#: which may be another.)
BUILT_IN = "chatterbox"

#: What is said when a phrase did not come to an end.
CUT_OFF = (
    "Chatterbox did not find the end of a phrase within 40 s of speech and was cut off there. "
    "Its next phrase will be right again."
)


class ChatterboxSynthesizer:
    """Chatterbox Turbo, computed our own way by the released weights. Safe to use from any thread."""

    name = "Chatterbox Turbo"
    tags = CHATTERBOX_TAGS
    takes_recordings = True

    def __init__(
        self,
        directory: str = "",
        voice: str = "",
        *,
        precision: str = "auto",
        library: VoiceLibrary | None = None,
        kept_voices: Path | None = None,
        offline: bool = False,
    ) -> None:
        """``directory`` holds a checkpoint, "" asks the model hub. ``voice`` is who speaks when
        nobody is asked for: "", a name, or the path of a recording. ``precision`` is "auto", "fp32",
        "bf16", "int8" or "int4". ``library`` has voices to speak with beside the built-in one;
        ``kept_voices`` is the folder for what was learned of recordings."""
        self.device = "cpu"
        self.precision = ""
        self.notice = ""
        self.sample_rate = 24_000
        #: Who speaks when nobody is asked for; may be changed at any time.
        self.default_voice = voice
        self._directory = directory
        self._wanted_precision = precision
        self._library = library
        self._kept_voices = kept_voices
        self._offline = offline
        #: Guards which model there is; a phrase in the making does not hold it.
        self._lock = threading.Lock()
        self._model: TurboModel | None = None

    @property
    def voices(self) -> tuple[str, ...]:
        """The built-in voice, and the ids of those in the library now."""
        return BUILT_IN, *(self._library.ids() if self._library is not None else ())

    def load(self, progress: Progress) -> None:
        """Load the checkpoint, from the hub if no directory was given. Raises EngineError."""
        try:
            model = self._loaded(progress)
        except (EngineError, LoadCancelled):
            self.unload()
            raise
        except Exception as problem:
            error = problems.load_error(problem, self.device)
            traceback.clear_frames(problem.__traceback__)  # they hold what was loaded so far
            self.unload()
            raise error from problem
        with self._lock:
            self._model = model

    def unload(self) -> None:
        """Free the model's memory; whatever is being said ends. Harmless when nothing is loaded."""
        with self._lock:
            model, self._model = self._model, None
        if model is not None:
            model.close()
        del model
        self._give_back()

    def parts(self) -> dict[str, int]:
        """The loaded model's parts and how many parameters each has."""
        model = self._model
        return dict(model.parts) if model is not None else {}

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        """Yield the sound of ``phrase`` in one piece; the model is left as soon as ``stop`` is set.

        ``voice`` is None, a name, an id in the library, or the path of a recording longer than 5 s.
        """
        model = self._model
        if model is None:
            raise EngineError("Chatterbox is not loaded. Load the voice, then try again.")
        try:
            speaker = self._voice_of(model, voice or self._usual_voice(), stop)
            if speaker is None:
                return
            job = model.say(phrase, speaker, stop, tell)
        except EngineError:
            raise
        except Exception as problem:
            error = problems.speech_error(problem, self.device, self._make_room(model, problem))
            traceback.clear_frames(problem.__traceback__)  # they hold tensors, on the GPU perhaps
            raise error from problem
        if job.samples is None or stop.is_set():
            return
        yield job.samples
        if not job.is_whole:
            raise EngineError(CUT_OFF)

    def _loaded(self, progress: Progress) -> TurboModel:
        progress.report("Looking for Chatterbox Turbo", 0, 5)
        checkpoint = find_checkpoint(self._directory, progress, offline=self._offline)
        progress.report("Starting PyTorch", 1, 5)
        turbo_class = turbo.import_turbo()
        self.device = turbo.best_device()
        turbo.prepare(self.device)
        return self._built(turbo_class, checkpoint, progress)

    def _built(self, turbo_class: turbo.TurboTTS, checkpoint: Checkpoint, progress: Progress) -> TurboModel:
        """The model on ``self.device``, ready for the first phrase."""
        from app.tts.turbo.model import TurboModel
        from app.tts.turbo.precision import WrongPrecision, choose_precision

        try:
            precision = choose_precision(self._wanted_precision, self.device)
        except WrongPrecision as problem:
            raise EngineError(str(problem)) from None
        progress.report("Loading Chatterbox Turbo's weights", 2, 5)
        stock = self._stock(turbo_class, checkpoint)
        progress.report(f"Preparing the weights ({precision})", 3, 5)
        with turbo.inference():
            model = TurboModel(
                stock,
                precision,
                version=checkpoint.version(),
                voices=self._kept_voices,
                threads=_threads(),
            )
        del stock
        # The weights passed through main memory in single precision, on their way to what they are now.
        garbage.collect()
        memory.give_back()
        self.precision = precision
        self.sample_rate = model.sample_rate
        stage = "Warming up the voice"
        progress.report(stage, 4, 5)
        try:
            voice = self._voice_of(model, self._usual_voice(), threading.Event())
            assert voice is not None
            model.warm_up(voice, lambda share: progress.report(stage, round(100 * share), 100))
        except BaseException:
            model.close()
            raise
        self.notice = model.notice
        return model

    def _stock(self, turbo_class: turbo.TurboTTS, checkpoint: Checkpoint) -> turbo.TurboTTS:
        checkpoint.check_voice()
        try:
            stock = turbo_class.from_local(checkpoint.folder, self.device)
        except RuntimeError as problem:
            misfit = checkpoint.misfit(problem)
            if misfit is None:
                raise
            raise misfit from problem
        checkpoint.check_tokenizer(stock.tokenizer)
        return stock

    def _voice_of(self, model: TurboModel, voice: str, stop: Stop) -> Voice | None:
        """The voice of that name, id or recording; None if ``stop`` was set before it was learned."""
        if voice == BUILT_IN:
            return model.voices.built_in
        wanted = recording(voice, self, self._library)
        return finished(lambda: model.voices.prepared(wanted), stop)

    def _usual_voice(self) -> str:
        """Who speaks when nobody is asked for: the built-in voice where the chosen one was deleted."""
        voice = self.default_voice
        is_gone = is_voice_id(voice) and voice not in self.voices
        return BUILT_IN if voice in ("", "default") or is_gone else voice

    def _make_room(self, model: TurboModel, problem: Exception) -> str:
        """Do what the rule says about a ``problem`` of memory, and say so in a sentence.

        The rule: the first time the GPU does without what makes it fastest, the second time the
        voice moves to the processor. Nothing is done twice for phrases that failed together.
        """
        if not problems.is_out_of_memory(problem):
            return ""
        turbo.release_memory(self.device)
        if self.device == "cpu":
            return "Close other programs, or set VOX_TTS=piper."
        with self._lock:
            if self._model is not model:  # another phrase has seen to it
                return "The next one will be spoken."
            if model.release():
                self.notice = "The GPU is short of memory, so Chatterbox speaks more slowly."
                return "It now uses less, and speaks more slowly."
            self._model = None
        return self._move_to_processor(model)

    def _move_to_processor(self, model: TurboModel) -> str:
        model.close()
        del model
        self._give_back()
        self.device = "cpu"
        self._wanted_precision = "auto"
        try:
            checkpoint = find_checkpoint(self._directory, Progress(), offline=True)
            moved = self._built(turbo.import_turbo(), checkpoint, Progress())
        except Exception as problem:
            error = problem if isinstance(problem, EngineError) else problems.load_error(problem, "cpu")
            self.notice = f"The GPU ran out of memory, and the processor cannot take over. {error}"
            return f"The processor could not take over: {error}"
        with self._lock:
            self._model = moved
        self.notice = (
            "The GPU ran out of memory, so Chatterbox speaks on the processor. Close other programs that "
            "use the GPU, then load the voice again."
        )
        return "It now speaks on the processor."

    def _give_back(self) -> None:
        garbage.collect()
        turbo.release_memory(self.device)
        memory.give_back()


def _threads() -> int:
    """Threads for the model: all of a small machine's, all but one of a larger one's, so that the
    server goes on answering."""
    cores = usable_cores()
    return cores if cores <= 2 else cores - 1
