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
from app.tts.ahead import AHEAD, Ahead
from app.tts.phrases import Phrase, cut_phrases
from app.tts.tags import strip_tags

#: Longest text that one WAV is made of, in characters: about two hours of speech, held in memory.
MAX_TEXT = 100_000

#: A WAV is heard when it is whole, so no phrase waits for a longer one before it to be taken.
_WAV_AHEAD = 8

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
    return _whole(_chunks(text, voice, stop, _WAV_AHEAD), stop)


def spoken_wav(text: str, synthesizer: Synthesizer, voice: str, stop: Stop) -> bytes:
    """``text`` spoken by an engine in hand, as a WAV file like ``generate_tts_wav``'s. Raises
    GenerationStopped; ValueError for a text with nothing to speak; EngineError."""
    return _whole(speak(_phrases([text], synthesizer.tags), synthesizer, voice, stop, _WAV_AHEAD), stop)


def stream_tts(
    text_or_phrases: str | Iterable[str | Phrase], voice: str | None = None, stop: Stop | None = None
) -> Iterator[Chunk]:
    """Yield the sound of a text, or of texts and phrases taken one by one as they are needed.

    A text is cut into phrases and each becomes one chunk; up to two are made beyond the one that
    was taken last. Ends early, without raising, once ``stop`` is set. Raises EngineError, and
    ModelNotReady when the voice cannot be loaded.
    """
    yield from _chunks(text_or_phrases, voice, _Never() if stop is None else stop, AHEAD)


def speak(
    phrases: Iterable[Phrase], synthesizer: Synthesizer, voice: str | None, stop: Stop, ahead: int = AHEAD
) -> Iterator[Chunk]:
    """Yield one chunk for each phrase, in order; phrases without a sound are passed over.

    Up to ``ahead`` phrases are made beyond the one whose chunk was taken last, two at a time;
    ``phrases`` is read in another thread. Ends early, without raising, once ``stop`` is set: chunks
    that were being made then are dropped. Raises EngineError, after what was made of that phrase, and
    what ``phrases`` raises, in its place. However it ends, the engine has been left by then.
    """
    pieces: list[Samples] = []
    with Ahead(phrases, synthesizer, voice, stop, ahead=ahead) as spoken:
        for made in spoken:
            pieces.append(made.samples)
            if not made.is_last:
                continue
            samples = np.concatenate(pieces)
            pieces.clear()
            if samples.size:
                yield Chunk(samples, synthesizer.sample_rate, made.phrase)
            if made.problem is not None:
                raise made.problem


def _chunks(
    text_or_phrases: str | Iterable[str | Phrase], voice: str | None, stop: Stop, ahead: int
) -> Iterator[Chunk]:
    from app.assembly import shared_models
    from app.models import ModelNotReady

    if stop.is_set() or (isinstance(text_or_phrases, str) and not text_or_phrases.strip()):
        return
    texts = [text_or_phrases] if isinstance(text_or_phrases, str) else text_or_phrases
    try:
        with shared_models().tts.use(stop=stop) as synthesizer:
            yield from speak(_phrases(texts, synthesizer.tags), synthesizer, voice, stop, ahead)
    except ModelNotReady:
        if not stop.is_set():
            raise


def _phrases(texts: Iterable[str | Phrase], tags: frozenset[str]) -> Iterator[Phrase]:
    for text in texts:
        if isinstance(text, Phrase):
            yield text
        else:
            yield from cut_phrases([strip_tags(text, tags)], code_mention="")


def _whole(chunks: Iterator[Chunk], stop: Stop) -> bytes:
    """All ``chunks`` as one file. Raises GenerationStopped, also where it was stopped at the very end."""
    made = list(chunks)
    if stop.is_set():
        raise GenerationStopped("Speaking was stopped before the text was at its end.")
    if not made:
        raise ValueError(NOTHING_TO_SPEAK)
    wav = _wav(made)
    if stop.is_set():
        raise GenerationStopped("Speaking was stopped at the end of the text.")
    return wav


def _wav(chunks: list[Chunk]) -> bytes:
    import soundfile

    samples = np.concatenate([chunk.samples for chunk in chunks])
    file = io.BytesIO()
    soundfile.write(file, samples, chunks[0].sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
