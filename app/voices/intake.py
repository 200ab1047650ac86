"""Taking a recording in: decoded within bounds, judged, cut to what is useful for a voice.

Everything is measured in the sound itself; what a file's name or header says is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from app.engines import TRANSCRIBER_RATE, Samples
from app.stt.recordings import BadRecording, decode_recording
from app.voices.record import RATE
from app.voices.trimming import Span, best_part, cut_out, speech_in

#: Seconds of a file that are looked at; a longer one is refused while it is decoded.
LONGEST_FILE = 300.0
#: Seconds of speech that a voice needs more than.
SHORTEST_SPEECH = 5.0
#: Seconds that are kept. Chatterbox learns a voice from its first 15, and how it sounds on the
#: whole from all of it.
LONGEST_KEPT = 30.0

#: From this level on a sample counts as cut off at full scale, and this share of them in the speech
#: is distortion that would be part of the voice.
_FULL_SCALE, _MOST_CLIPPED = 0.985, 0.003
#: RMS of the speech below which there is more room than voice in it: -50 dB.
_FAINTEST = 0.003
_COMFORTABLE_PEAK = 0.5


@dataclass(frozen=True, eq=False)
class Intake:
    """A recording that was found good: float32 mono ``samples`` at RATE."""

    samples: Samples
    #: Seconds of speech in it.
    speech_seconds: float
    #: A sentence about what was left out, or "".
    remark: str


def take_in(data: bytes) -> Intake:
    """What is kept of the recording in the file ``data``.

    Raises BadRecording, with the reason, for what cannot be read, is too long, has too little
    speech, or speech that is distorted or too faint.
    """
    sound = decode_recording(data, LONGEST_FILE, RATE)
    spans = _speech(sound)
    _check_amount(spans)
    part = best_part(spans, round(LONGEST_KEPT * RATE))
    spoken = _spoken(sound, spans, part)
    _check_clipping(spoken)
    _check_loudness(spoken)
    kept = speech_in(spans, part) / RATE
    if kept <= SHORTEST_SPEECH:
        raise BadRecording(
            f"There are long pauses in this recording: no {LONGEST_KEPT:.0f} seconds of it have more than "
            f"{SHORTEST_SPEECH:.0f} seconds of speech. Record it again and read without stopping."
        )
    return Intake(_raised(cut_out(sound, part, RATE)), kept, _remark(sound, spans, part))


def _speech(sound: Samples) -> list[Span]:
    """Where somebody speaks in ``sound``, at RATE."""
    from app.stt.vad import speech_spans

    found = speech_spans(np.asarray(soxr.resample(sound, RATE, TRANSCRIBER_RATE), dtype=np.float32))
    return [(start * RATE // TRANSCRIBER_RATE, end * RATE // TRANSCRIBER_RATE) for start, end in found]


def _check_amount(spans: Sequence[Span]) -> None:
    if not spans:
        raise BadRecording("Nobody can be heard speaking in this recording. Record somebody who talks.")
    seconds = speech_in(spans, (0, spans[-1][1])) / RATE
    if seconds <= SHORTEST_SPEECH:
        raise BadRecording(
            f"There are {seconds:.1f} seconds of speech in this recording. A voice needs more than "
            f"{SHORTEST_SPEECH:.0f}; ten to twenty are best."
        )


def _spoken(sound: Samples, spans: Sequence[Span], part: Span) -> Samples:
    """The speech in ``part``, without the pauses."""
    first, last = part
    return np.concatenate([sound[max(start, first) : min(end, last)] for start, end in spans if end > first])


def _check_clipping(spoken: Samples) -> None:
    clipped = float(np.mean(np.abs(spoken) >= _FULL_SCALE))
    if clipped > _MOST_CLIPPED:
        raise BadRecording(
            f"The recording is distorted: it is too loud, and {clipped:.1%} of it is cut off at full scale. "
            "Turn the microphone down, or move away from it, and record it again."
        )


def _check_loudness(spoken: Samples) -> None:
    loudness = float(np.sqrt(np.mean(np.square(spoken))))
    if loudness < _FAINTEST:
        raise BadRecording(
            f"The voice is too faint ({20 * np.log10(max(loudness, 1e-9)):.0f} dB). Come closer to the "
            "microphone, or turn it up, and record it again."
        )


def _raised(sound: Samples) -> Samples:
    """``sound`` so loud that it can be listened to. (Chatterbox brings it to one loudness by itself.)"""
    peak = float(np.abs(sound).max())
    return sound if peak >= _COMFORTABLE_PEAK else sound * np.float32(_COMFORTABLE_PEAK / peak)


def _remark(sound: Samples, spans: Sequence[Span], part: Span) -> str:
    """What of the speech was left out, if any was."""
    if part[0] <= spans[0][0] and part[1] >= spans[-1][1]:
        return ""
    seconds = (part[1] - part[0]) / RATE
    return (
        f"Of the {sound.size / RATE:.0f} seconds, the {seconds:.0f} with the most speech are kept: "
        "a voice does not get better from more."
    )
