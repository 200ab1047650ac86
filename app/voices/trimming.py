"""Which part of a recording is kept: from the first word to the last, or the best part of a long one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from app.engines import Samples

#: A part of a recording: the first sample, and the one after the last.
Span = tuple[int, int]

#: Seconds kept before the first word and after the last: where a word fades is hard to tell.
_BEFORE, _AFTER = 0.1, 0.25
#: Seconds in which the sound comes and goes at the cuts, so that they are not heard as clicks.
_FADE = 0.01


def best_part(spans: Sequence[Span], longest: int) -> Span:
    """The part of at most ``longest`` samples that has the most speech, the first of equal ones.

    ``spans`` are where somebody speaks, in order, at least one. The part begins where one of them
    does, and ends where one does, unless somebody speaks for ``longest`` without a pause.
    """
    parts = [_part_from(spans[first:], longest) for first in range(len(spans))]
    return max(parts, key=lambda part: speech_in(spans, part))


def speech_in(spans: Sequence[Span], part: Span) -> int:
    """Samples of speech in ``part``."""
    return sum(max(0, min(end, part[1]) - max(start, part[0])) for start, end in spans)


def cut_out(sound: Samples, part: Span, rate: int) -> Samples:
    """A copy of ``part`` of ``sound``, with a moment around it, faded in and out."""
    start = max(0, part[0] - round(_BEFORE * rate))
    kept: Samples = sound[start : part[1] + round(_AFTER * rate)].copy()
    fade = np.linspace(0, 1, min(round(_FADE * rate), kept.size // 2), dtype=np.float32)
    if fade.size:
        kept[: fade.size] *= fade
        kept[-fade.size :] *= fade[::-1]
    return kept


def _part_from(spans: Sequence[Span], longest: int) -> Span:
    """The part that begins with the first of ``spans`` and has as many of them as fit whole."""
    start, first_end = spans[0]
    whole = list(takewhile(lambda span: span[1] - start <= longest, spans))
    return start, whole[-1][1] if whole else min(first_end, start + longest)
