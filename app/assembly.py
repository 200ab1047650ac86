"""Which engine for which job: the three models of this process, built from the settings.

Nothing is imported or loaded here; each loader does that in its own thread when it is asked.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from app.models import Model, Models
from app.progress import Progress
from app.settings import Settings

if TYPE_CHECKING:
    from app.engines import Brain, Synthesizer, Transcriber


def assemble(settings: Settings) -> Models:
    """The models that ``settings`` ask for, unloaded."""

    def transcriber(progress: Progress) -> Transcriber:
        from app.stt.choose import load_transcriber

        return load_transcriber(settings, progress)

    def brain(progress: Progress) -> Brain:
        from app.llm.choose import load_brain

        return load_brain(settings, progress)

    def synthesizer(progress: Progress) -> Synthesizer:
        from app.tts.choose import load_synthesizer

        return load_synthesizer(settings, progress)

    return Models(Model("stt", transcriber), Model("llm", brain), Model("tts", synthesizer))


@cache
def shared_models() -> Models:
    """The process's own models, from its environment; what ``generate_tts_wav`` speaks with
    outside any server."""
    return assemble(Settings.from_environment())
