"""Session: one tab's conversation. It owns the history, what is being heard, and the one turn at
a time; every change happens under its lock.

Its methods are what a client may ask, one for each client event of the Realtime protocol, and
raise RequestError for what cannot be done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import openai.types.realtime as realtime
from openai.types.realtime.realtime_server_event import ConversationItemRetrieved

from app.conversation.config import SessionConfig
from app.conversation.events import Listener, RequestError, VoxNotice, make, new_id
from app.conversation.floor import Floor
from app.conversation.hearing import Hearing
from app.conversation.history import History, Item
from app.conversation.items import given_item
from app.conversation.keeping import Opened
from app.conversation.recording import Recording
from app.conversation.turn import Turn
from app.conversation.turns import Turns
from app.models import Models
from app.settings import Settings
from app.stt.pcm_stream import BYTES_PER_SAMPLE


class Session:
    """One conversation, new or ``opened``. ``listener`` is told its events in the order in which they
    happen."""

    def __init__(
        self,
        models: Models,
        settings: Callable[[], Settings],
        listener: Listener,
        opened: Opened | None = None,
    ) -> None:
        """``settings`` are asked whenever they matter: a change holds from the next turn on."""
        opened = opened or Opened()
        self.id = new_id("sess")
        self._models = models
        self._settings = settings
        self._listener = listener
        self._lock = threading.RLock()
        self._config = SessionConfig(voice=opened.voice)
        self._keeping = opened.keeping
        self._history = History(opened.keeping, opened.items)
        self._hearing = Hearing(listener, self._history, self._lock, models.stt, settings().max_utterance)
        self._turns = Turns(
            models, settings, listener, self._history, self._hearing, self._lock, opened.keeping, opened.id
        )
        #: Milliseconds of sound that have come in.
        self._received_ms = 0.0
        self._microphone = self._new_microphone()

    def start(self) -> None:
        """Tell the client that the session is there."""
        with self._lock:
            session = self._effective().as_realtime(self.id)
            self._listener.send(_session_event(realtime.SessionCreatedEvent, session))
            self._check_voice()

    def close(self) -> None:
        """End everything that is under way. Nothing is told after this."""
        with self._lock:
            self._turns.close()
            self._microphone.clear()
            self._hearing.close()
            self._keeping.close()

    # ----- the session

    def update(self, session: Mapping[str, Any]) -> None:
        self._microphone.settle()
        with self._lock:
            voice = self._models.tts.loaded
            before = self._config
            self._config = before.updated(session, voice.voices if voice else ())
            self._tell_updated()
            if self._config.voice != before.voice:
                self._keeping.voice_chosen(self._config.voice)
            if (self._config.detection, self._config.input_rate) != (before.detection, before.input_rate):
                self._microphone.clear()
                self._microphone = self._new_microphone()

    # ----- audio coming in

    def append_audio(self, pcm: bytes) -> None:
        """Take 16-bit mono PCM at the session's input rate. It need not wait for whoever holds the lock:
        the client's events are done one after the other, and only they change rate and microphone."""
        self._received_ms += len(pcm) * 1000 / (BYTES_PER_SAMPLE * self._config.input_rate)
        self._microphone.append(pcm)

    def clear_audio(self) -> None:
        with self._lock:
            self._microphone.clear()
            self._listener.send(make(realtime.InputAudioBufferClearedEvent))

    def commit_audio(self) -> None:
        """The utterance that is being heard is whole. Raises RequestError when there is none."""
        self._microphone.settle()
        with self._lock:
            if not self._microphone.commit():
                raise RequestError(NOTHING_RECORDED, "input_audio_buffer_commit_empty")

    # ----- items

    def create_item(self, data: Any, previous_item_id: str | None = None) -> None:
        given = given_item(data)
        with self._lock:
            audio = None if given.pcm is None else self._hearing.decoded(given.pcm, self._config.input_rate)
            previous_id = self._history.insert(given.item, previous_item_id)
            if audio is not None:
                self._hearing.transcribe(given.item, audio, previous_id)
                return
            if given.item.role == "user":
                self._hearing.typed()
            told = given.item.as_realtime()
            self._listener.send(make(realtime.ConversationItemAdded, item=told, previous_item_id=previous_id))
            self._listener.send(make(realtime.ConversationItemDone, item=told, previous_item_id=previous_id))

    def retrieve_item(self, item_id: str) -> None:
        with self._lock:
            item = self._history.get(item_id)
            self._listener.send(make(ConversationItemRetrieved, item=item.as_realtime()))

    def delete_item(self, item_id: str) -> None:
        with self._lock:
            self._history.remove(item_id)
            self._hearing.stop(item_id)
            self._tell_deleted(item_id)

    def truncate_item(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Keep of a reply only what was heard by ``audio_end_ms`` of its audio."""
        with self._lock:
            item = self._history.get(item_id)
            if item.role != "assistant" or not item.is_audio or content_index != 0:
                raise RequestError("Only the audio of a spoken reply can be truncated.", param="item_id")
            if self._turns.is_answering(item):
                raise RequestError("This reply is still being made. Cancel it first.", param="item_id")
            if item.text and not item.spoken.audio_ms:
                raise RequestError("Nothing of this reply was spoken in this session.", param="item_id")
            if not 0 <= audio_end_ms <= item.spoken.audio_ms + TRUNCATION_TOLERANCE_MS:
                raise RequestError(
                    f"This reply has {item.spoken.audio_ms:.0f} ms of audio; audio_end_ms lies outside.",
                    param="audio_end_ms",
                )
            heard = item.spoken.heard(item.text or "", audio_end_ms)
            item.interrupted = item.interrupted or heard != (item.text or "").rstrip()
            item.cut(len(heard))
            item.spoken.silence(audio_end_ms)
            self._history.changed(item)
            self._listener.send(
                make(
                    realtime.ConversationItemTruncatedEvent,
                    item_id=item_id,
                    content_index=0,
                    audio_end_ms=audio_end_ms,
                )
            )

    # ----- responses

    def create_response(self, data: Mapping[str, Any] | None = None) -> None:
        """Begin a turn. One that is under way is cancelled first: the newest wish counts."""
        with self._lock:
            self._respond(data or {})

    def cancel_response(self, response_id: str | None = None) -> None:
        with self._lock:
            turn = self._turns.latest
            if turn is None or turn.reply.has_ended or response_id not in (None, turn.reply.response_id):
                raise RequestError("There is no reply under way to cancel.", "response_cancel_not_active")
            self._turns.cancel()

    # ----- what other sessions on the same conversation do

    def adopt(self, item: Item, after: str | None = None) -> str | None:
        """Take in what was said there, or how it has changed; returns the id of the item before it."""
        with self._lock:
            return self._history.adopt(item, after)

    def adopt_voice(self, voice: str) -> None:
        with self._lock:
            if voice != self._config.voice:
                self._config = replace(self._config, voice=voice)
                self._tell_updated()

    def discard(self, item_id: str) -> None:
        """An item was removed there."""
        with self._lock:
            if self._history.discard(item_id):
                self._hearing.stop(item_id)
                self._tell_deleted(item_id)

    # ----- inside

    def _respond(self, data: Mapping[str, Any]) -> Turn:
        self._check_voice()
        return self._turns.create(data, self._effective())

    def _check_voice(self) -> None:
        """A conversation may outlive its voice."""
        voice, engine = self._config.voice, self._models.tts.loaded
        if voice and engine and voice not in engine.voices:
            self._config = replace(self._config, voice="")
            self._listener.send(
                make(VoxNotice, level="warning", code="voice_unavailable", message=VOICE_UNAVAILABLE)
            )

    def _effective(self) -> SessionConfig:
        """The configuration, with the server's own instructions where the client gave none."""
        instructions = self._config.instructions or self._settings().instructions
        return replace(self._config, instructions=instructions)

    def _tell_updated(self) -> None:
        told = self._effective().as_realtime(self.id)
        self._listener.send(_session_event(realtime.SessionUpdatedEvent, told))

    def _tell_deleted(self, item_id: str) -> None:
        self._listener.send(make(realtime.ConversationItemDeletedEvent, item_id=item_id))

    def _new_microphone(self) -> Recording | Floor:
        """What takes the sound that comes in, as the session is configured."""
        rate, detection = self._config.input_rate, self._config.detection
        longest = self._settings().max_utterance
        if detection is None:
            return Recording(self._hearing, rate, longest)
        return Floor(
            detection,
            rate,
            longest,
            self._received_ms,
            self._listener,
            self._hearing,
            self._turns,
            self._lock,
            lambda: self._respond({}),
        )


def _session_event(event_class: type[Any], session: realtime.RealtimeSessionCreateRequest) -> Any:
    """``session.created`` or ``session.updated``, unchecked for the input rate (see config)."""
    template = make(event_class, session={"type": "realtime"})
    return template.construct(**{**dict(template), "session": session})


#: How far beyond a reply's audio a client may say it played: rounding, and a device's latency.
TRUNCATION_TOLERANCE_MS = 250

VOICE_UNAVAILABLE = (
    "The voice of this conversation cannot be used now, so VOX speaks with its default voice. "
    "It may have been deleted, or belong to another voice engine."
)

NOTHING_RECORDED = "There is no audio to commit. Record something first."
