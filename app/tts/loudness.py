"""How loud a voice is that makes its sound piece by piece: a gain that never changes, and no clipping."""

from __future__ import annotations

import numpy as np

from app.engines import Samples

#: The level of the voiced parts that a voice is brought to (-16.5 dBFS, root mean square).
LEVEL = 0.15
#: What is louder is bent towards 1 instead of being cut off.
KNEE = 0.8
#: What is fainter than this share of the loudest is no part of a voice.
_SILENCE = 0.04
_LARGEST_GAIN = 8.0


def gain_for(sample: Samples) -> float:
    """The factor that brings a voice, of which ``sample`` is some, to LEVEL."""
    loudness = np.abs(sample)
    voiced = sample[loudness > _SILENCE * loudness.max(initial=0.0)]
    if not voiced.size:
        return 1.0
    return min(_LARGEST_GAIN, LEVEL / float(np.sqrt(np.mean(voiced**2))))


def limited(samples: Samples) -> Samples:
    """``samples`` within [-1, 1], sample by sample, so that pieces fit together."""
    over = np.abs(samples) - KNEE
    bent = KNEE + (1 - KNEE) * np.tanh(np.maximum(over, 0) / (1 - KNEE))
    return np.where(over > 0, np.copysign(bent, samples), samples).astype(np.float32)
