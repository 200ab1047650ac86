"""The three models of one process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.models.life import Model

if TYPE_CHECKING:
    from app.engines import Brain, Synthesizer, Transcriber


@dataclass(frozen=True)
class Models:
    """The three models of one process: ears, brain and voice."""

    stt: Model[Transcriber]
    llm: Model[Brain]
    tts: Model[Synthesizer]

    def __iter__(self) -> Iterator[Model[Any]]:
        yield from (self.stt, self.llm, self.tts)

    def wait(self) -> None:
        """Load all of them, at the same time, and wait until they are ready.

        Raises ModelNotReady when one fails.
        """
        for model in self:
            model.load()
        for model in self:
            model.wait()

    def unload(self) -> None:
        """Free all of them. Raises ModelBusy when one is in use."""
        for model in self:
            model.unload()

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Each model's snapshot by its kind."""
        return {model.kind: model.snapshot() for model in self}
