"""Keeper: what one session tells of itself, as messages of its conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from app.archive.records import MessageRecord
from app.conversation.history import History, Item
from app.conversation.stop import StopFlag
from app.engines import Samples
from app.keeping.conversation import Conversation, now
from app.keeping.messages import Kept, kept
from app.settings import Settings


class Office(Protocol):
    """What a keeper leaves to others. No call may block."""

    def keep_sound(
        self, message: MessageRecord, sound: list[Samples], rate: int, until_ms: float | None
    ) -> None:
        """Keep the sound of a message, or of it no more than was heard."""

    def cut_sound(self, message: MessageRecord, until_ms: float) -> None:
        """Of a sound that was kept before, no more was heard than that."""

    def answered(self, conversation: Conversation) -> None:
        """A reply is over."""

    def answering(self, over: StopFlag) -> None:
        """A turn has begun, and is over once the flag is set."""

    def left(self, keeper: Keeper) -> None:
        """The session is over."""


class Keeper:
    """Keeps what is said in one session: its ``Keeping``. ``settings`` are asked whenever it matters."""

    def __init__(self, conversation: Conversation, office: Office, settings: Callable[[], Settings]) -> None:
        self.conversation = conversation
        self._office = office
        self._settings = settings
        self._lock = threading.Lock()
        #: When the items came whose words are not known yet.
        self._came: dict[str, datetime] = {}
        #: The replies of which more is still to be heard.
        self._following: dict[str, Item] = {}
        self._sounds: dict[str, tuple[list[Samples], int]] = {}

    @property
    def keeps(self) -> bool:
        """Whether what is said from now on is kept."""
        return self._settings().keep_conversations

    @property
    def is_following(self) -> bool:
        return bool(self._following)

    # ----- what the session tells

    def put(self, item: Item, history: History) -> None:
        with self._lock:
            if item.text is None:
                self._came[item.id] = now()
            elif (known := self.conversation.find(item.id)) is not None:
                self._change(item, known)
            elif self.keeps:
                self._add(item, history)

    def removed(self, item_id: str) -> None:
        with self._lock:
            self._came.pop(item_id, None)
            self._drop(item_id)
            self.conversation.remove(item_id, self)

    def sounded(self, item: Item, sound: Samples, rate: int) -> None:
        settings = self._settings()
        with self._lock:
            is_first = item.spoken.audio_ms == 0
            if is_first and settings.keep_speech and settings.keep_conversations:
                self._sounds[item.id] = ([], rate)
            if item.id in self._sounds:
                self._sounds[item.id][0].append(sound)

    def voice_chosen(self, voice: str) -> None:
        self.conversation.choose_voice(voice or None)

    def answering(self, over: StopFlag) -> None:
        self._office.answering(over)

    def close(self) -> None:
        self.look()
        with self._lock:
            self._following.clear()
            self._sounds.clear()
        self._office.left(self)

    # ----- what goes on without a word of it

    def look(self) -> None:
        """Keep what has been heard since of the replies that sound."""
        with self._lock:
            for item in list(self._following.values()):
                if (known := self.conversation.find(item.id)) is not None:
                    self._change(item, known)
                else:  # removed by another session
                    self._drop(item.id)

    def _add(self, item: Item, history: History) -> None:
        now_kept = kept(item)
        if now_kept.is_nothing:
            self._drop(item.id)
            return
        came = self._came.pop(item.id, None) or now()
        message = MessageRecord(
            item.id,
            self.conversation.id,
            item.role,
            now_kept.text,
            item.is_audio,
            now_kept.state,
            now_kept.error,
            created_at=came,
            ended_at=None if now_kept.state == "in_progress" else now(),
            unheard=now_kept.unheard,
        )
        # At the end of a session's history is at the end of what was said anywhere.
        before = None if history.ends_with(item.id) else history.before(item.id)
        self.conversation.add(message, self, before)
        self._go_on(item, message)

    def _change(self, item: Item, known: MessageRecord) -> None:
        now_kept = kept(item)
        if now_kept.is_nothing:
            self._drop(item.id)
            self.conversation.remove(item.id, self)
            return
        message = known
        if now_kept != Kept.by(known):
            ended_at = None if now_kept.state == "in_progress" else known.ended_at or now()
            message = replace(known, **vars(now_kept), ended_at=ended_at)
            self.conversation.change(message, self)
        self._go_on(item, message)

    def _go_on(self, item: Item, message: MessageRecord) -> None:
        """Follow what is still to be heard; what is over, with its sound, is done with."""
        if message.state == "in_progress":
            self._following[item.id] = item
            return
        heard_ms = item.spoken.played_ms if message.state == "interrupted" else None
        if item.id in self._sounds:
            self._office.keep_sound(message, *self._sounds.pop(item.id), until_ms=heard_ms)
        elif heard_ms is not None:
            self._office.cut_sound(message, heard_ms)
        if self._following.pop(item.id, None) is not None:
            self._office.answered(self.conversation)

    def _drop(self, item_id: str) -> None:
        self._following.pop(item_id, None)
        self._sounds.pop(item_id, None)
