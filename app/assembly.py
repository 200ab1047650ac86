"""Which engine for which job: the three models of this process, built from the settings.

Nothing is imported or loaded here; each loader does that in its own thread when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from app.models import Kind, Model, Models
from app.progress import Progress
from app.settings import Settings
from app.settings_store import SettingsStore


def assemble(settings: Settings | Callable[[], Settings]) -> Models:
    """The models that ``settings`` ask for, unloaded. Those that can change are asked for anew at
    every load."""

    def model(kind: Kind) -> Model[Any]:
        def choose(progress: Progress) -> Any:
            return load(kind, settings if isinstance(settings, Settings) else settings(), progress)

        return Model(kind, choose)

    return Models(model("stt"), model("llm"), model("tts"))


def load(kind: Kind, settings: Settings, progress: Progress) -> Any:
    """The engine of that kind that ``settings`` ask for, loaded. Raises EngineError, LoadCancelled."""
    if kind == "stt":
        from app.stt.choose import load_transcriber

        return load_transcriber(settings, progress)
    if kind == "llm":
        from app.llm.choose import load_brain

        return load_brain(settings, progress)
    from app.tts.choose import load_synthesizer

    return load_synthesizer(settings, progress)


@cache
def shared_models() -> Models:
    """The process's own models, from its environment and the settings file; what
    ``generate_tts_wav`` speaks with outside any server."""
    started_with = Settings.from_environment()
    # The file is read at every load: a server in this process may have changed it.
    return assemble(lambda: SettingsStore(started_with).current)
