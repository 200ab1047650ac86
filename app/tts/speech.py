"""Text in, sound out: phrase by phrase as it is asked for, or a whole WAV at once.

``speak`` is the heart, with an engine in hand. ``stream_tts`` and ``generate_tts_wav`` are for
programs: they take the configured voice, load it on first use and need no server.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from app.engines import Samples, Stop, Synthesizer
from app.tts.phrases import Phrase, cut_phrases
from app.tts.tags import strip_tags

#: Longest text that one WAV is made of, in characters: about two hours of speech, held in memory.
MAX_TEXT = 100_000

NOTHING_TO_SPEAK = "There is nothing to speak: the text has no words in it."


class GenerationStopped(Exception):
    """The stop was set before the whole text had been spoken."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """The sound of one phrase: float32 mono ``samples`` in [-1, 1], at ``sample_rate`` Hz."""

    samples: Samples
    sample_rate: int
    phrase: Phrase


class _Never:
    """The stop of those who never stop."""

    def is_set(self) -> bool:
        return False


def generate_tts_wav(text: str, voice: str | None = None, stop: Stop | None = None) -> bytes:
    """``text`` spoken by ``voice`` (a name, or the path of a recording for Chatterbox; None for
    the configured one), as a WAV file: 16-bit PCM, mono, at the engine's rate.

    Raises GenerationStopped if ``stop`` is set at any moment, so that a cut-off file is never
    taken for a whole one; ValueError for a text with nothing to speak or too much of it;
    EngineError; ModelNotReady when the voice cannot be loaded.
    """
    stop = _Never() if stop is None else stop
    if len(text) > MAX_TEXT:
        raise ValueError(
            f"The text has {len(text):,} characters, and one WAV is made of at most {MAX_TEXT:,}. "
            "Take its chunks from stream_tts instead."
        )
    chunks = list(stream_tts(text, voice, stop))
    if stop.is_set():
        raise GenerationStopped("Speaking was stopped before the text was at its end.")
    if not chunks:
        raise ValueError(NOTHING_TO_SPEAK)
    wav = _wav(chunks)
    if stop.is_set():
        raise GenerationStopped("Speaking was stopped at the end of the text.")
    return wav


def stream_tts(
    text_or_phrases: str | Iterable[str | Phrase], voice: str | None = None, stop: Stop | None = None
) -> Iterator[Chunk]:
    """Yield the sound of a text, or of texts and phrases taken one by one as they are needed.

    A text is cut into phrases and each becomes one chunk. Ends early, without raising, once
    ``stop`` is set. Raises EngineError, and ModelNotReady when the voice cannot be loaded.
    """
    from app.assembly import shared_models
    from app.models import ModelNotReady

    stop = _Never() if stop is None else stop
    if stop.is_set() or (isinstance(text_or_phrases, str) and not text_or_phrases.strip()):
        return
    texts = [text_or_phrases] if isinstance(text_or_phrases, str) else text_or_phrases
    try:
        with shared_models().tts.use(stop=stop) as synthesizer:
            yield from speak(_phrases(texts, synthesizer.tags), synthesizer, voice, stop)
    except ModelNotReady:
        if not stop.is_set():
            raise


def speak(
    phrases: Iterable[Phrase], synthesizer: Synthesizer, voice: str | None, stop: Stop
) -> Iterator[Chunk]:
    """Yield one chunk for each phrase, in order; phrases without a sound are passed over.

    Ends early, without raising, once ``stop`` is set: a chunk that was being made then is
    dropped. Raises EngineError.
    """
    for phrase in phrases:
        if stop.is_set():
            return
        pieces = list(synthesizer.synthesize(phrase.text, voice, stop))
        if stop.is_set():
            return
        if pieces:
            yield Chunk(np.concatenate(pieces), synthesizer.sample_rate, phrase)


def _phrases(texts: Iterable[str | Phrase], tags: frozenset[str]) -> Iterator[Phrase]:
    for text in texts:
        if isinstance(text, Phrase):
            yield text
        else:
            yield from cut_phrases([strip_tags(text, tags)], code_mention="")


def _wav(chunks: list[Chunk]) -> bytes:
    import soundfile

    samples = np.concatenate([chunk.samples for chunk in chunks])
    file = io.BytesIO()
    soundfile.write(file, samples, chunks[0].sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
