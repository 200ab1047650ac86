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
from app.engines import Samples, Transcriber
from app.models import Model
from app.stt.incoming import IncomingAudio, UtteranceTooLong

NOTHING_HEARD = "I heard nothing. Check the microphone and speak a little closer to it."
NOTHING_RECORDED = "There is no audio to commit. Record something first."


class Hearing:
    """The recording coming in, and the transcriptions under way, of one session.

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
        self._incoming: IncomingAudio | None = None
        self._incoming_is_full = False
        self._transcriptions: dict[str, Transcription] = {}
        #: Of the utterance that came last, until it is answered or a typed message takes its place.
        self._unanswered: Transcription | None = None

    def append(self, pcm: bytes, rate: int) -> None:
        """Take 16-bit mono PCM. Raises RequestError, once, when the utterance is too long; what
        was heard until then is kept and can be committed."""
        if self._incoming is None:
            self._incoming = IncomingAudio(rate, self._max_utterance)
            self._incoming_is_full = False
        if self._incoming_is_full:
            return
        try:
            self._incoming.append(pcm)
        except UtteranceTooLong as problem:
            self._incoming_is_full = True
            raise RequestError(str(problem), "utterance_too_long", "audio") from None

    def clear(self) -> None:
        """Throw the recording away."""
        self._incoming = None

    def commit(self) -> None:
        """The utterance is whole: it becomes an item, and its words are looked for.

        Raises RequestError when there is none.
        """
        incoming, self._incoming = self._incoming, None
        audio = incoming.samples() if incoming else None
        if audio is None or not audio.size:
            raise RequestError(NOTHING_RECORDED, "input_audio_buffer_commit_empty")
        item = Item(new_id("item"), "user", None, is_audio=True)
        previous_id = self._history.insert(item)
        self._listener.send(
            make(realtime.InputAudioBufferCommittedEvent, item_id=item.id, previous_item_id=previous_id)
        )
        self.transcribe(item, audio, previous_id)

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
        told = item.as_realtime()
        self._listener.send(make(realtime.ConversationItemAdded, item=told, previous_item_id=previous_id))
        transcription = Transcription(item.id, audio, self._transcriber, self._on_words, self._on_end)
        self._transcriptions[item.id] = transcription
        self._unanswered = transcription
        transcription.start()

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
        self._incoming = None
        for transcription in self._transcriptions.values():
            transcription.stop.set()

    def _on_words(self, transcription: Transcription, words: str) -> None:
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

    def _on_end(self, transcription: Transcription) -> None:
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
            self._listener.send(make(realtime.ConversationItemDone, item=item.as_realtime()))
            return
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
        self._history.remove(item_id)
        self._listener.send(make(realtime.ConversationItemDeletedEvent, item_id=item_id))
