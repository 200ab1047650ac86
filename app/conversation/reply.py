"""Reply: the outside of one turn: what the listener is told of it, and what history keeps.

Any thread may add to a reply. Once it has ended, whatever is still added is dropped: a reply
ends with exactly one ``response.done``, and nothing of it comes after.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import openai.types.realtime as realtime
from openai.types.realtime.realtime_response_status import Error as StatusError
from openai.types.realtime.response_content_part_added_event import Part as AddedPart
from openai.types.realtime.response_content_part_done_event import Part as DonePart
from pydantic import BaseModel

from app.conversation.config import OUTPUT_RATE, Modality
from app.conversation.events import (
    Listener,
    VoxNotice,
    VoxPhrase,
    VoxPhraseProgress,
    VoxTimings,
    error_event,
    make,
    new_id,
)
from app.conversation.history import History, Item
from app.conversation.timings import Timings
from app.engines import Samples
from app.tts.phrases import Phrase

End = Literal["completed", "cancelled", "failed", "incomplete"]
Reason = Literal["turn_detected", "client_cancelled", "max_output_tokens"]

#: Sound leaves in pieces of at most this long, so that a stop has little in flight to overtake.
DELTA_SECONDS = 0.4


class Reply:
    """One response and the assistant message it writes. ``lock`` guards ``history``."""

    def __init__(
        self,
        listener: Listener,
        history: History,
        lock: threading.RLock,
        modality: Modality,
        metadata: dict[str, str] | None = None,
        conversation_id: str | None = None,
    ) -> None:
        self.response_id = new_id("resp")
        self.item = Item(new_id("item"), "assistant", "", modality == "audio", status="in_progress")
        self.timings = Timings()
        self._listener = listener
        self._history = history
        self._lock = lock
        self._metadata = metadata
        self._conversation_id = conversation_id
        self._has_begun = False
        self._has_ended = False
        self._next_phrase = 0
        self._previous_id: str | None = None
        self._tell(make(realtime.ResponseCreatedEvent, response=self._as_realtime("in_progress")))

    @property
    def has_ended(self) -> bool:
        return self._has_ended

    @property
    def has_sounded(self) -> bool:
        """Whether any of its sound was sent."""
        return self._next_phrase > 0

    @property
    def is_sounding(self) -> bool:
        """Whether the client plays it, by an estimate."""
        return self.item.spoken.is_sounding

    def held(self, seconds: float) -> None:
        """The client has held its playback for so long."""
        self.item.spoken.held(seconds)

    def silence(self) -> None:
        """The client plays no more of it."""
        self.item.spoken.silence()

    def said_lately(self) -> str:
        """The words that the client played last, by the same estimate, and those it plays now."""
        return self.item.spoken.said_lately(self.transcript)

    def abandon(self) -> None:
        """The client is gone: what it has not heard of a reply that had ended, nobody hears."""
        with self._lock:
            if self._has_ended and self.is_sounding and (phrase := self.item.spoken.begun()):
                self.item.interrupted = phrase.end < self.item.spoken.spoken_until(self.transcript)
                self._history.changed(self.item)

    @property
    def transcript(self) -> str:
        return self.item.text or ""

    def add_text(self, text: str) -> bool:
        """Tell and keep a further piece of the text. False once the reply has ended."""
        with self._lock:
            if self._has_ended:
                return False
            if not self.item.is_audio:
                self.timings.note("written")
            self._begin()
            self.item.text = self.transcript + text
            delta = (
                realtime.ResponseAudioTranscriptDeltaEvent
                if self.item.is_audio
                else realtime.ResponseTextDeltaEvent
            )
            self._tell(make(delta, delta=text, **self._content()))
            return True

    def add_progress(self, index: int, fraction: float) -> bool:
        """Tell the share that is done of the sound of the ``index``-th phrase. False if it was not
        told: never waits, for an engine calls it in the middle of its work."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if self._has_ended or index < self._next_phrase:
                return False
            place = {"response_id": self.response_id, "item_id": self.item.id}
            self._tell(make(VoxPhraseProgress, index=index, fraction=round(fraction, 3), **place))
            return True
        finally:
            self._lock.release()

    def add_sound(self, index: int, phrase: Phrase, samples: Samples, *, is_last: bool = True) -> bool:
        """Tell a piece of the sound (24 kHz) of ``phrase``, the ``index``-th of the reply, counted from 0;
        the last may be empty. False once the reply has ended."""
        for number, delta in enumerate(_deltas(samples)):
            with self._lock:
                if self._has_ended:
                    return False
                if number == 0:
                    self._history.sounded(self.item, samples, OUTPUT_RATE)
                    self._place_sound(index, phrase, samples.size * 1000 / OUTPUT_RATE)
                self._tell(make(realtime.ResponseAudioDeltaEvent, delta=delta, **self._content()))
        with self._lock:
            if is_last and index < self._next_phrase:
                self.item.spoken.extend(0, is_whole=True)
            return not self._has_ended

    def notice(self, level: Literal["info", "warning", "error"], code: str, message: str) -> None:
        """Tell the person something about this reply while it goes on."""
        self._tell_unless_ended(
            make(VoxNotice, level=level, code=code, message=message, response_id=self.response_id)
        )

    def error(self, code: str, message: str) -> None:
        """Tell of a fault that the reply survives."""
        self._tell_unless_ended(error_event(message, code))

    def end(self, status: End, reason: Reason | None = None, error: tuple[str, str] | None = None) -> bool:
        """End the reply; ``error`` is a code and a sentence. False if it had ended before."""
        with self._lock:
            if self._has_ended:
                return False
            if status == "cancelled":
                self._listener.forget(self.response_id)
                self._keep_what_was_spoken()
            if error is not None:
                self.item.error = error[1]
                self._tell(error_event(error[1], error[0]))
            if self._has_begun:
                self._finish_item(status)
            elif error is not None:
                self._history.note_failed(self.item)
            self._tell_timings()
            details = _details(status, reason, error)
            self._tell(make(realtime.ResponseDoneEvent, response=self._as_realtime(status, details)))
            self._has_ended = True
            return True

    def _tell(self, event: BaseModel) -> None:
        self._listener.send(event)

    def _tell_unless_ended(self, event: BaseModel) -> None:
        with self._lock:
            if not self._has_ended:
                self._tell(event)

    def _content(self) -> dict[str, Any]:
        return {
            "response_id": self.response_id,
            "item_id": self.item.id,
            "output_index": 0,
            "content_index": 0,
        }

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        self._previous_id = self._history.insert(self.item)
        item = self.item.as_realtime()
        place = {"response_id": self.response_id, "output_index": 0}
        self._tell(make(realtime.ResponseOutputItemAddedEvent, item=item, **place))
        self._tell(make(realtime.ConversationItemAdded, item=item, previous_item_id=self._previous_id))
        part = (
            AddedPart(type="audio", transcript="") if self.item.is_audio else AddedPart(type="text", text="")
        )
        self._tell(make(realtime.ResponseContentPartAddedEvent, part=part, **self._content()))

    def _tell_timings(self) -> None:
        self._tell(make(VoxTimings, response_id=self.response_id, **self.timings.summary()))

    def _place_sound(self, index: int, phrase: Phrase, duration_ms: float) -> None:
        if index < self._next_phrase:
            self.item.spoken.extend(duration_ms, is_whole=False)
            return
        if not self.has_sounded:
            self.timings.note("first_sound")
            self._tell_timings()
        begins_ms = self.item.spoken.audio_ms
        self.item.spoken.add(phrase.start, phrase.end, duration_ms, is_whole=False)
        self._next_phrase = index + 1
        self._tell_phrase(index, phrase, begins_ms)

    def _tell_phrase(self, index: int, phrase: Phrase, begins_ms: float) -> None:
        place = self._content()
        del place["output_index"]
        event = make(
            VoxPhrase,
            index=index,
            text=phrase.text,
            start=_utf16_units(self.transcript[: phrase.start]),
            end=_utf16_units(self.transcript[: phrase.end]),
            audio_start_ms=round(begins_ms),
            **place,
        )
        self._tell(event)

    def _keep_what_was_spoken(self) -> None:
        """An interrupted reply is kept up to the interruption; the client may cut it further
        (``conversation.item.truncate``), for it knows what was heard."""
        if not self._has_begun:
            return
        self.item.interrupted = True
        if self.item.is_audio:
            self.item.cut(self.item.spoken.spoken_until(self.transcript))

    def _finish_item(self, status: End) -> None:
        self.item.status = "completed" if status == "completed" else "incomplete"
        text = self.transcript
        if self.item.is_audio:
            self._tell(make(realtime.ResponseAudioTranscriptDoneEvent, transcript=text, **self._content()))
            self._tell(make(realtime.ResponseAudioDoneEvent, **self._content()))
            part = DonePart(type="audio", transcript=text)
        else:
            self._tell(make(realtime.ResponseTextDoneEvent, text=text, **self._content()))
            part = DonePart(type="text", text=text)
        self._tell(make(realtime.ResponseContentPartDoneEvent, part=part, **self._content()))
        item = self.item.as_realtime()
        place = {"response_id": self.response_id, "output_index": 0}
        self._tell(make(realtime.ResponseOutputItemDoneEvent, item=item, **place))
        self._tell(make(realtime.ConversationItemDone, item=item, previous_item_id=self._previous_id))
        self._history.changed(self.item)

    def _as_realtime(
        self, status: End | Literal["in_progress"], details: realtime.RealtimeResponseStatus | None = None
    ) -> realtime.RealtimeResponse:
        return realtime.RealtimeResponse(
            id=self.response_id,
            object="realtime.response",
            status=status,
            status_details=details,
            output=[self.item.as_realtime()] if self._has_begun and status != "in_progress" else [],
            output_modalities=["audio" if self.item.is_audio else "text"],
            conversation_id=self._conversation_id,
            metadata=self._metadata,
        )


def _deltas(samples: Samples) -> Iterator[str]:
    """``samples`` as base64 of 16-bit little-endian PCM, a piece at a time."""
    pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2")
    step = int(DELTA_SECONDS * OUTPUT_RATE)
    for start in range(0, pcm.size, step):
        yield base64.b64encode(pcm[start : start + step].tobytes()).decode("ascii")


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _details(
    status: End, reason: Reason | None, error: tuple[str, str] | None
) -> realtime.RealtimeResponseStatus | None:
    if status == "completed":
        return None
    problem = StatusError(type="server_error", code=error[0], message=error[1]) if error else None
    return realtime.RealtimeResponseStatus(type=status, reason=reason, error=problem)
