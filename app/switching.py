"""Changing a model for another while VOX runs.

The new engine is loaded beside the one that answers, by settings that hold for this load alone. Only
when it is there are they kept: what could not be loaded is not what VOX starts with next time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app import assembly
from app.models import Kind, Model
from app.progress import Progress
from app.settings import SettingError, Settings
from app.settings_store import SettingsStore

#: The settings that choose each kind of model.
CHOICES: Mapping[Kind, frozenset[str]] = {
    "stt": frozenset({"stt", "language"}),
    "llm": frozenset({"llm_url", "llm_model", "llm_key", "llm_context"}),
    "tts": frozenset({"tts", "chatterbox_precision", "chatterbox_dir", "voice"}),
}

Load = Callable[[Kind, Settings, Progress], Any]


class Switching:
    """Changes models by changing ``store``; ``load`` makes the engine that some settings ask for."""

    def __init__(self, store: SettingsStore, load: Load = assembly.load) -> None:
        self._store = store
        self._load = load

    def switch(self, model: Model[Any], values: Mapping[str, Any]) -> None:
        """Begin to load what the changed settings ask for; returns at once. How it goes is the
        model's to tell. Raises SettingError and SettingsFixed, with nothing begun."""
        kind = model.kind
        if strange := sorted(set(values) - CHOICES[kind]):
            names = ", ".join(sorted(CHOICES[kind]))
            raise SettingError(f"{strange[0]} does not choose that model. It is chosen by: {names}.")
        wanted = self._store.preview(values)

        def keep() -> None:
            try:
                self._store.change(values)
            except OSError as problem:
                reason = problem.strerror or problem
                raise SettingError(
                    f"The choice could not be written to {self._store.path} ({reason}), so what was there "
                    "stays. Make room there, then try again."
                ) from problem

        model.switch(lambda progress: self._load(kind, wanted, progress), then=keep)
