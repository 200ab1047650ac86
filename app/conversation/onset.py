"""The silence that a voice begins a reply with, which nobody should wait for."""

from __future__ import annotations

import numpy as np

from app.engines import Samples

#: What is no louder (-40 dBFS) is taken for silence.
SILENCE = 0.01
#: Seconds left before the first sound, so that it does not begin abruptly.
LEAD = 0.01
#: Seconds that may be left out at most: a longer silence is meant.
MOST = 0.25


def without_silent_lead(samples: Samples, rate: int) -> Samples:
    """``samples`` (mono, at ``rate`` Hz) from shortly before their first sound on. Unchanged where there is
    none, or where it comes late."""
    head = np.abs(samples[: round((MOST + LEAD) * rate)]) > SILENCE
    if not head.any():
        return samples
    return samples[max(0, int(head.argmax()) - round(LEAD * rate)) :]
