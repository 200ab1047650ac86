"""Voice activity: where in a recording somebody speaks.

Silero's network, as it comes with faster-whisper, finds the spans. Alone it also takes the onset
of a steady sound (hum, hiss) for a very short word, so a short span must stand out from what is
around it.
"""

from __future__ import annotations

import numpy as np

from app.engines import TRANSCRIBER_RATE, Samples

#: A part of a recording: the first sample, and the one after the last.
Span = tuple[int, int]

#: Probability above which a frame is speech, and below which speech has ended.
_BEGINS, _ENDS = 0.5, 0.35
#: Shorter than this is no word; a shorter pause is part of the speech around it.
_SHORTEST_SPEECH_MS, _SHORTEST_PAUSE_MS = 90, 400

#: A span shorter than this must be this much more powerful than what is on either side of it.
_SHORT_SECONDS, _CONTRAST = 0.5, 2.0
_FRAME = 512  # samples; also what Silero judges at a time
#: Frames next to a span that may still be of the word, and frames after them to compare it with.
_GUARD, _NEIGHBOURHOOD = 8, 16


def speech_spans(audio: Samples, max_seconds: float = float("inf")) -> list[Span]:
    """The spans of ``audio`` (16 kHz) in which somebody speaks, in order.

    One that is longer than ``max_seconds`` is cut, in a pause if there is one.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=_BEGINS,
        neg_threshold=_ENDS,
        min_speech_duration_ms=_SHORTEST_SPEECH_MS,
        min_silence_duration_ms=_SHORTEST_PAUSE_MS,
        max_speech_duration_s=max_seconds,
        speech_pad_ms=0,
    )
    found = get_speech_timestamps(audio, options, TRANSCRIBER_RATE)
    spans = [(int(span["start"]), min(int(span["end"]), audio.size)) for span in found]
    power = _power(audio)
    return [span for span in spans if _is_long(span) or _stands_out(span, spans, power)]


def has_speech(audio: Samples) -> bool:
    """Whether somebody speaks in ``audio`` (16 kHz)."""
    return bool(speech_spans(audio))


def _is_long(span: Span) -> bool:
    return span[1] - span[0] >= _SHORT_SECONDS * TRANSCRIBER_RATE


def _power(audio: Samples) -> Samples:
    """The mean power of each whole frame."""
    frames = audio[: audio.size - audio.size % _FRAME].reshape(-1, _FRAME)
    return np.asarray(np.square(frames).mean(axis=1), dtype=np.float32)


def _stands_out(span: Span, spans: list[Span], power: Samples) -> bool:
    """Whether ``span`` is louder than what comes before and after it."""
    first, last = span[0] // _FRAME, span[1] // _FRAME
    quiet = np.ones(power.size, dtype=bool)
    for start, end in spans:
        quiet[max(start // _FRAME - _GUARD, 0) : end // _FRAME + _GUARD] = False
    # Not the median: the vowel of a short word may be less than half of its span.
    level = float(np.percentile(power[first : max(last, first + 1)], 80))
    before = slice(max(first - _GUARD - _NEIGHBOURHOOD, 0), first)
    after = slice(last, last + _GUARD + _NEIGHBOURHOOD)
    return all(level >= _CONTRAST * _median(power[side][quiet[side]]) for side in (before, after))


def _median(power: Samples) -> float:
    """The median: a click, or the button that ends a recording, does not move it."""
    return float(np.median(power)) if power.size else 0.0
