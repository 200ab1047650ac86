"""Hearing: from the audio that comes in to the words of a user's item in the history."""

from __future__ import annotations

import threading

import openai.types.realtime as realtime
from openai.types.realtime.conversation_item_input_audio_transcription_completed_event import (
    UsageTranscriptTextUsageDuration as Duration,
)
from openai.types.realtime.conversation_item_input_audio_transcription_failed_event import (
    Error as TranscriptionError,
)

from app.conversation.events import Listener, RequestError, VoxNotice, make, new_id
from app.conversation.history import History, Item
from app.conversation.transcription import Transcription
from app.engines import TRANSCRIBER_RATE, Samples, Transcriber
from app.models import Model
from app.stt.incoming import IncomingAudio, UtteranceTooLong

NOTHING_HEARD = "I heard nothing. Check the microphone and speak a little closer to it."


class Hearing:
    """From sound to the words of a user's items: the transcriptions under way, of one session.

    ``lock`` is the session's: it guards ``history`` and all that is here. Callers of the public
    methods hold it; the transcribing threads take it.
    """

    def __init__(
        self,
        listener: Listener,
        history: History,
        lock: threading.RLock,
        transcriber: Model[Transcriber],
        max_utterance: float,
    ) -> None:
        self._listener = listener
        self._history = history
        self._lock = lock
        self._transcriber = transcriber
        self._max_utterance = max_utterance
        self._transcriptions: dict[str, Transcription] = {}
        #: The utterances about which nobody wants to be told that nothing was heard.
        self._unasked: set[str] = set()
        #: Of the utterance that came last, until it is answered or a typed message takes its place.
        self._unanswered: Transcription | None = None

    def begin(self, audio: Samples, item_id: str | None = None) -> Transcription:
        """Look for the words of ``audio`` (16 kHz), of which nobody is told unless it is committed."""
        return Transcription(item_id or new_id("item"), audio, self._transcriber)

    def commit(self, transcription: Transcription, *, unasked: bool = False) -> None:
        """What is transcribed is a whole utterance: it becomes an item. ``unasked``: the server
        took it for one, so that nothing is said where it was nothing."""
        item = Item(transcription.item_id, "user", None, is_audio=True)
        previous_id = self._history.insert(item)
        self._listener.send(
            make(realtime.InputAudioBufferCommittedEvent, item_id=item.id, previous_item_id=previous_id)
        )
        if unasked:
            self._unasked.add(item.id)
        self._follow(item, transcription, previous_id)

    def decoded(self, pcm: bytes, rate: int) -> Samples:
        """A whole recording as the transcriber takes it. Raises RequestError for one too long."""
        incoming = IncomingAudio(rate, self._max_utterance)
        try:
            incoming.append(pcm)
        except UtteranceTooLong as problem:
            raise RequestError(str(problem), "utterance_too_long", "item.content") from None
        return incoming.samples()

    def transcribe(self, item: Item, audio: Samples, previous_id: str | None) -> None:
        """Look for the words of ``item``, which is in the history already."""
        self._follow(item, self.begin(audio, item.id), previous_id)

    def typed(self) -> None:
        """A typed message has come: it is what the next reply is to."""
        self._unanswered = None

    def take_unanswered(self) -> Transcription | None:
        """The transcription that the next reply is to, if it is to an utterance; it may be over
        already, and its item gone because nothing was heard."""
        unanswered, self._unanswered = self._unanswered, None
        return unanswered

    def under_way(self, history: History) -> list[Transcription]:
        """The transcriptions whose words ``history`` still waits for."""
        return [found for found in self._transcriptions.values() if found.item_id in history]

    def stop(self, item_id: str) -> None:
        """End the transcription of an item; harmless when there is none."""
        if transcription := self._transcriptions.get(item_id):
            transcription.stop.set()

    def close(self) -> None:
        """End everything that is under way."""
        for transcription in self._transcriptions.values():
            transcription.stop.set()

    def forget(self, transcription: Transcription) -> None:
        """Take a committed utterance back, as if it had never been one."""
        transcription.stop.set()
        if transcription.item_id in self._history:
            self._forget(transcription.item_id)

    def on_words(self, transcription: Transcription, words: str) -> None:
        with self._lock:
            if transcription.was_stopped:
                return
            self._listener.send(
                make(
                    realtime.ConversationItemInputAudioTranscriptionDeltaEvent,
                    item_id=transcription.item_id,
                    content_index=0,
                    delta=words,
                )
            )

    def on_end(self, transcription: Transcription) -> None:
        with self._lock:
            del self._transcriptions[transcription.item_id]
            if transcription.item_id not in self._history:
                return  # it was deleted meanwhile
            if transcription.was_stopped:
                self._drop(transcription, "cancelled", "Stopped before it was transcribed.")
            elif transcription.error:
                self._drop(transcription, "transcription_failed", transcription.error)
            else:
                self._keep(transcription)

    def _follow(self, item: Item, transcription: Transcription, previous_id: str | None) -> None:
        told = item.as_realtime()
        self._listener.send(make(realtime.ConversationItemAdded, item=told, previous_item_id=previous_id))
        self._transcriptions[item.id] = transcription
        self._unanswered = transcription
        transcription.tell(self)

    def _keep(self, transcription: Transcription) -> None:
        item = self._history.get(transcription.item_id)
        item.text = transcription.text
        self._listener.send(
            make(
                realtime.ConversationItemInputAudioTranscriptionCompletedEvent,
                item_id=item.id,
                content_index=0,
                transcript=transcription.text,
                usage=Duration(type="duration", seconds=transcription.seconds),
            )
        )
        if transcription.text:
            self._history.sounded(item, transcription.audio, TRANSCRIBER_RATE)
            self._history.changed(item)
            self._listener.send(make(realtime.ConversationItemDone, item=item.as_realtime()))
            return
        if item.id not in self._unasked:
            self._listener.send(
                make(VoxNotice, level="info", code="nothing_heard", message=NOTHING_HEARD, item_id=item.id)
            )
        self._forget(item.id)

    def _drop(self, transcription: Transcription, code: str, message: str) -> None:
        self._listener.send(
            make(
                realtime.ConversationItemInputAudioTranscriptionFailedEvent,
                item_id=transcription.item_id,
                content_index=0,
                error=TranscriptionError(type="server_error", code=code, message=message),
            )
        )
        self._forget(transcription.item_id)

    def _forget(self, item_id: str) -> None:
        self._unasked.discard(item_id)
        self._history.remove(item_id)
        self._listener.send(make(realtime.ConversationItemDeletedEvent, item_id=item_id))
