"""The shapes of the three engines, as the conversation sees them.

An engine is a small class with ``load``, ``unload`` and one streaming call. It knows nothing of
the web, and the conversation knows nothing of torch: heavy imports happen inside ``load``.
Every streaming call takes a ``stop`` and leaves soon after it is set, without raising.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from app.progress import Progress

#: Mono audio, float32 in [-1, 1], shape (samples,).
Samples: TypeAlias = npt.NDArray[np.float32]

#: Sample rate, in Hz, of the audio that transcribers take.
TRANSCRIBER_RATE = 16_000


class EngineError(Exception):
    """An engine could not do its work. The message is a sentence for the person: what happened,
    what it means, what to do next."""


class ReplyCutShort(EngineError):
    """The reply ended at its longest allowed length. All of its text had been yielded."""


class Stop(Protocol):
    """Anything that can say whether work should end: StopFlag, threading.Event."""

    def is_set(self) -> bool: ...


#: Told, now and again while a phrase is being made, which share of the work is done: 0 to 1, never
#: falling. May be called from any thread, and must not block.
Tell: TypeAlias = Callable[[float], None]


def tell_nobody(_: float) -> None:
    """The ``Tell`` of those who do not ask."""


#: What ends the text of a reply that was interrupted there.
INTERRUPTED = " …"


@dataclass(frozen=True)
class Message:
    """One message of a conversation, as a language model is told it."""

    role: Literal["system", "user", "assistant"]
    text: str


class Engine(Protocol):
    """What all engines have in common."""

    @property
    def name(self) -> str:
        """What answers, as the page names it ("Whisper tiny.en", "Piper Joe")."""
        ...

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda", "mps", or for a brain the server's address."""
        ...

    @property
    def notice(self) -> str:
        """One sentence the person should read (a fallback and its reason), or ""."""
        ...

    def load(self, progress: Progress) -> None:
        """Load the model, telling ``progress``. Raises EngineError."""

    def unload(self) -> None:
        """Free the model's memory. Harmless when nothing is loaded."""


class Transcriber(Engine, Protocol):
    def transcribe(self, audio: Samples, stop: Stop) -> Iterator[str]:
        """Yield the words of ``audio`` (16 kHz), a segment at a time; nothing for silence or noise.

        Raises EngineError.
        """
        ...


class Brain(Engine, Protocol):
    #: Tokens that prompt and reply may take together.
    context_tokens: int
    #: True for the small built-in model, which the page calls a demo.
    is_demo: bool

    def reply(self, messages: Sequence[Message], stop: Stop, max_tokens: int) -> Iterator[str]:
        """Yield the reply's text as it is written, reasoning left out. Raises EngineError, also
        after some text, and ReplyCutShort at the end of one that reached ``max_tokens``. A set
        ``stop`` closes the request."""
        ...


class Synthesizer(Engine, Protocol):
    #: Hz; known once loaded.
    sample_rate: int
    #: Paralinguistic tags it can speak, without brackets: {"laugh", "sigh"}.
    tags: frozenset[str]
    #: Whether it can speak in the voice of a recording.
    takes_recordings: bool
    #: Who speaks when nobody is asked for, "" for the engine's own choice; may be changed at any time.
    default_voice: str

    @property
    def voices(self) -> tuple[str, ...]:
        """Voices that ``synthesize`` knows by name, now; the first is the engine's own choice."""
        ...

    def synthesize(
        self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
    ) -> Iterator[Samples]:
        """Yield the sound of one speakable phrase (at most 300 characters), a piece at a time.

        May be called from several threads at once: an engine that can works on several phrases
        together, another takes them in turn. Phrases that share a ``stop`` belong to one reply; no
        reply keeps another waiting for more than one phrase. Ends early, without raising, once
        ``stop`` is set. Raises EngineError.
        """
        ...
