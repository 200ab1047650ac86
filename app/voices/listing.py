"""The voices there are to choose from: those of the engine that speaks, and those of the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.models import Model, State
from app.voices.library import VoiceLibrary
from app.voices.record import VoiceRecord, is_voice_id

if TYPE_CHECKING:
    from app.engines import Synthesizer

_NOT_LOADED = {
    State.LOADING: "The voice is still loading.",
    State.FAILED: "The voice could not be loaded. Models says why.",
    State.UNLOADED: "The voice is not loaded.",
}
_NEEDS_CHATTERBOX = "Needs Chatterbox: only it can speak in the voice of a recording."


@dataclass(frozen=True)
class ListedVoice:
    """A voice as a person chooses it."""

    id: str
    name: str
    kind: Literal["built_in", "recorded"]
    #: The engine that speaks with it.
    engine: str
    is_default: bool
    #: Whether it can speak now, and if not, why.
    usable: bool
    why_not: str
    #: Of a recorded voice: its length and its picture (``waveform``); None and empty for a built-in one.
    seconds: float | None
    waveform: tuple[float, ...]
    #: Whether it speaks at once: Chatterbox learns a recording at its first use, and keeps that.
    prepared: bool
    #: How long that took; None where it is still to come, or nobody measured it.
    prepare_seconds: float | None


def voices(library: VoiceLibrary, tts: Model[Synthesizer], configured: str) -> list[ListedVoice]:
    """All voices, the engine's own first. ``configured`` is the default voice of the settings."""
    engine = tts.loaded
    default = default_voice(library, engine, configured)
    built_in = [] if engine is None else [_built_in(name, engine, default) for name in engine.voices]
    recorded = [_recorded(record, library, tts, default) for record in library.all()]
    return [voice for voice in built_in if not is_voice_id(voice.id)] + recorded


def default_voice(library: VoiceLibrary, engine: Synthesizer | None, configured: str) -> str:
    """The voice that speaks where nobody asks for another; "" where it is neither the engine's nor in
    the library (a recording on the disk), or not known before the engine is loaded."""
    known = library.ids() if engine is None else engine.voices
    if configured in known:
        return configured
    is_a_path = configured not in ("", "default") and not is_voice_id(configured)
    can_clone = engine is not None and engine.takes_recordings
    if engine is None or (is_a_path and can_clone):
        return ""
    return engine.voices[0]


def _built_in(name: str, engine: Synthesizer, default: str) -> ListedVoice:
    return ListedVoice(
        id=name,
        name=name.replace("_", " ").title(),
        kind="built_in",
        engine=engine.name,
        is_default=name == default,
        usable=True,
        why_not="",
        seconds=None,
        waveform=(),
        prepared=True,
        prepare_seconds=None,
    )


def _recorded(
    record: VoiceRecord, library: VoiceLibrary, tts: Model[Synthesizer], default: str
) -> ListedVoice:
    engine = tts.loaded
    learned = library.learned(record)
    return ListedVoice(
        id=record.id,
        name=record.name,
        kind="recorded",
        engine="Chatterbox",
        is_default=record.id == default,
        usable=engine is not None and engine.takes_recordings,
        why_not=_why_not(tts),
        seconds=record.seconds,
        waveform=record.waveform,
        prepared=learned is not None,
        prepare_seconds=learned.seconds if learned else None,
    )


def _why_not(tts: Model[Synthesizer]) -> str:
    """Why no recorded voice can speak now, or ""."""
    engine, state = tts.loaded, tts.state
    if engine is not None:
        return "" if engine.takes_recordings else _NEEDS_CHATTERBOX
    return _NOT_LOADED.get(state, _NOT_LOADED[State.LOADING])
