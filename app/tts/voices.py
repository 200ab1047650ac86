"""What the name of a voice means.

A voice is one that the engine brings along, known by its name; one that people keep in VOX's voice
library, known by its id (both are ``synthesizer.voices``); or a recording of somebody. Only programs
on this machine may name a recording, by its path: ``generate_tts_wav(voice=…)`` and the setting
VOX_VOICE. From the network only names and ids are taken (``known_voice``), so no client can have a
file opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.engines import EngineError, Synthesizer
from app.voices.library import VoiceLibrary

#: Chatterbox clones a voice from what is longer than this, in seconds.
SHORTEST_RECORDING = 5.0
#: Longer ones are refused rather than read into memory whole.
LONGEST_RECORDING = 300.0


@dataclass(frozen=True)
class Recording:
    """A voice's recording as it is on the disk now; a changed file is another recording."""

    path: Path
    size: int
    modified_ns: int


def known_voice(name: str, synthesizer: Synthesizer) -> bool:
    """Whether ``name`` is a voice that anyone may ask for."""
    return name in synthesizer.voices


def recording(voice: str, synthesizer: Synthesizer, library: VoiceLibrary | None = None) -> Recording:
    """The recording of the voice in ``library`` whose id is ``voice``, or the one at that path, checked:
    sound, and of a length to clone from. Asking again for the same one costs next to nothing.

    Raises EngineError.
    """
    path = library.recording(voice) if library is not None else None
    try:
        path = path or Path(voice).expanduser()
        found = path.stat()
    except (OSError, ValueError, RuntimeError):
        raise EngineError(
            f"There is no voice {voice!r}: it is no name ({', '.join(synthesizer.voices)}) "
            "and no recording at that path."
        ) from None
    return _checked(Recording(path.resolve(), found.st_size, found.st_mtime_ns))


def check_length(path: Path, seconds: float) -> None:
    """Raise EngineError if a recording of so many seconds is too short or too long to clone from."""
    if seconds <= SHORTEST_RECORDING:
        raise EngineError(
            f"The recording {path} is {seconds:.1f} s long. A voice needs more than "
            f"{SHORTEST_RECORDING:.0f} s: record a longer one."
        )
    if seconds > LONGEST_RECORDING:
        raise EngineError(
            f"The recording {path} is {seconds / 60:.0f} minutes long. A voice needs ten seconds or so: "
            f"cut it to less than {LONGEST_RECORDING / 60:.0f} minutes."
        )


def unreadable(path: Path) -> EngineError:
    """What to say of a file that no sound comes out of."""
    return EngineError(f"{path} cannot be read as sound. Save the recording as WAV, FLAC, OGG or MP3.")


@lru_cache(maxsize=256)
def _checked(wanted: Recording) -> Recording:
    check_length(wanted.path, _seconds(wanted.path))
    return wanted


def _seconds(path: Path) -> float:
    import soundfile

    try:
        return float(soundfile.info(str(path)).duration)
    except (soundfile.LibsndfileError, OSError, RuntimeError):
        raise unreadable(path) from None
