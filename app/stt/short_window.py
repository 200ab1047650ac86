"""Whisper without most of the silence that it fills up its windows with.

Whisper was trained on windows of 30 seconds, and so faster-whisper fills up what is shorter. Most of
the time then goes into silence: the encoder's work grows faster than its window. It needs some
silence, or it does not know where to end and repeats itself; how much was measured
(docs/decisions/0006).

Imported in ``load`` only, for it imports faster-whisper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel

if TYPE_CHECKING:
    from ctranslate2 import StorageView

#: Frames of a spectrogram in a second.
_FRAMES_PER_SECOND = 100
#: Silence behind the sound, in seconds.
PADDING_SECONDS = 12


class ShortWindowWhisper(WhisperModel):  # type: ignore[misc]
    """A Whisper that is given ``PADDING_SECONDS`` of silence behind the sound and no more."""

    def encode(self, features: npt.NDArray[np.float32]) -> StorageView:
        """Encode a spectrogram (bands, frames), filled up with zeros."""
        filled = np.flatnonzero(features.any(axis=0))
        frames = (int(filled[-1]) + 1 if filled.size else 0) + PADDING_SECONDS * _FRAMES_PER_SECOND
        shortened: Any = features[:, :frames]
        return super().encode(np.ascontiguousarray(shortened))
