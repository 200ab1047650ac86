"""An engine that takes on the voices of a library as Chatterbox does, and speaks tones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.engines import Samples, Stop, Tell, tell_nobody
from app.voices.library import VoiceLibrary
from tests.conversation.scripted import ScriptedSynthesizer


class Cloning(ScriptedSynthesizer):
    """Keeps whose voice each phrase was asked for in."""

    takes_recordings = True

    def __init__(self, library: VoiceLibrary, before: Callable[[str], None] = lambda phrase: None) -> None:
        super().__init__(before)
        self.spoken_by: list[str | None] = []
        self._library = library

    @property
    def voices(self) -> tuple[str, ...]:  # type: ignore[override]
        return "own", *self._library.ids()

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        self.spoken_by.append(voice)
        return super().synthesize(phrase, voice, stop, tell)
