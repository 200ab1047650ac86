"""Desk: where conversations are opened, and where whatever changes in one is passed on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.archive.records import SpeechRecord, UnknownConversation
from app.conversation.events import Listener, VoxConversations, make
from app.conversation.keeping import NotKept
from app.conversation.session import Session
from app.conversation.stop import StopFlag
from app.engines import Brain, Samples
from app.keeping.conversation import Change, Conversation, rename_unless_own
from app.keeping.files import SpeechFiles
from app.keeping.keeper import Keeper
from app.keeping.opened import OpenConversations
from app.keeping.quiet import Quiet
from app.keeping.seat import Seat
from app.keeping.sounds import Sounds
from app.keeping.telling import Telling
from app.keeping.titles import Titles
from app.keeping.troubles import Notice, Troubles
from app.keeping.writer import Writer
from app.keeping.writes import Action, Write
from app.models import Model
from app.settings import Settings

if TYPE_CHECKING:
    from openai.types.realtime import RealtimeErrorEvent

    from app.archive.conversations import Conversations
    from app.archive.records import MessageRecord

#: How often the replies that sound are looked at for what has been heard of them.
LOOK_SECONDS = 0.2
#: How often at most the lists of conversations are told to look again.
NEWS_SECONDS = 0.5
#: How often it is looked at all.
IDLE_SECONDS = 60.0


class Desk:
    """One for a server. Safe to use from any thread."""

    def __init__(
        self,
        conversations: Callable[[], Conversations],
        brain: Model[Brain],
        settings: Callable[[], Settings],
        files: SpeechFiles,
    ) -> None:
        """``conversations`` gives the archive's, or raises ArchiveUnavailable; sounds go into ``files``."""
        self._settings = settings
        self._troubles = Troubles(self._notice)
        troubles = self._troubles
        self.writer = Writer(conversations, self._written, troubles.database, troubles.lost)
        self.sounds = Sounds(files, self.writer, settings, self.sound_changed, troubles.speech)
        self._opened = OpenConversations(conversations, self.writer, self)
        self._telling = Telling(self._routine)
        self._quiet = Quiet()
        self._titles = Titles(brain, self._quiet, self._entitle)
        self._lock = threading.Lock()
        self._seats: list[Seat] = []
        self._news: set[str] = set()
        self._news_at = float("-inf")

    def open(self, asked: str, listener: Listener) -> Seat:
        """A seat at the conversation with that id, or at a new one.

        Reads the database. Where it cannot be opened, the client is told why and gets a new one.
        """

        def sit(conversation: Conversation, problem: RealtimeErrorEvent | None) -> Seat:
            return Seat(conversation, Keeper(conversation, self, self._settings), listener, problem)

        seat = self._opened.take_seat(asked, sit)
        with self._lock:
            self._seats = [*self._seats, seat]
        return seat

    def welcome(self, seat: Seat, session: Session) -> None:
        """The session at that seat has told its client that it is there."""
        seat.taken(session)
        for notice in self._troubles.now():
            seat.notice(notice)
        self._telling.wake()

    def conversations_changed(self, conversation_id: str) -> None:
        """A conversation was changed in the archive by somebody else."""
        self.writer.put(
            Action((conversation_id, "refresh"), lambda kept: self._refresh(kept, conversation_id))
        )

    def settings_changed(self) -> None:
        """What is kept may be more or less than before."""
        for seat in self._seats:
            self._telling.put(seat.conversation_changed)
        self.sounds.keep_to_limit()

    def close(self, timeout: float) -> None:
        """All sessions are over: write what waits, for at most so many seconds."""
        deadline = time.monotonic() + timeout
        self.sounds.settle(timeout / 2)
        self.writer.close(max(0.0, deadline - time.monotonic()))
        self._telling.close()

    # ----- what keepers leave to it

    def keep_sound(
        self, message: MessageRecord, sound: list[Samples], rate: int, until_ms: float | None
    ) -> None:
        self.sounds.add(message, sound, rate, until_ms)

    def cut_sound(self, message: MessageRecord, until_ms: float) -> None:
        self.sounds.cut(message, until_ms)

    def answered(self, conversation: Conversation) -> None:
        if conversation.wants_title and (exchange := conversation.first_exchange()):
            conversation.wants_title = False
            self._titles.wish(conversation.id, *exchange)

    def answering(self, over: StopFlag) -> None:
        self._quiet.turn(over)

    def left(self, keeper: Keeper) -> None:
        self._telling.put(lambda: self._leave(keeper))

    # ----- what it is told of conversations, sounds and writes

    def message_changed(self, change: Change) -> None:
        def tell() -> None:
            for seat in change.conversation.seats:
                seat.message_changed(change)

        self._telling.put(tell)

    def conversation_changed(self, conversation: Conversation) -> None:
        def tell() -> None:
            for seat in conversation.seats:
                seat.conversation_changed()

        self._telling.put(tell)

    def sound_gone(self, sound: SpeechRecord | None) -> None:
        if sound is not None:
            self.sounds.discard([sound])

    def sound_changed(self, conversation_id: str, message_id: str, sound: SpeechRecord | None) -> None:
        if (conversation := self._opened.get(conversation_id)) is not None:
            conversation.set_speech(message_id, sound)

    def _written(self, write: Write) -> None:
        conversation_id = write.key[0]
        if write.is_news and conversation_id:
            self._telling.put(lambda: self._news.add(conversation_id))
        else:
            self._telling.wake()

    # ----- inside
    def _refresh(self, archive: Conversations, conversation_id: str) -> None:
        """In the writer's thread."""
        if (conversation := self._opened.get(conversation_id)) is not None:
            try:
                conversation.refresh(archive.find(conversation_id))
            except UnknownConversation:
                conversation.refresh(None)

    def _entitle(self, conversation_id: str, title: str) -> None:
        if (conversation := self._opened.get(conversation_id)) is not None:
            conversation.entitle(title)
        else:
            key = (conversation_id, "title")
            self.writer.put(Action(key, lambda kept: rename_unless_own(kept, conversation_id, title)))

    def _notice(self, notice: Notice) -> None:
        def tell() -> None:
            for seat in self._seats:
                seat.notice(notice)

        self._telling.put(tell)

    def _leave(self, keeper: Keeper) -> None:
        with self._lock:
            for seat in [seat for seat in self._seats if seat.keeper is keeper]:
                seat.conversation.leave(seat)
                self._seats = [other for other in self._seats if other is not seat]

    def _routine(self) -> float:
        """What is to be done now and again; returns in how many seconds at the latest."""
        for seat in self._seats:
            seat.catch_up()
            seat.keeper.look()
        self._opened.close_unused()
        now = time.monotonic()
        if self._news and now - self._news_at >= NEWS_SECONDS:
            self._news_at = now
            changed, self._news = sorted(self._news), set()
            for seat in self._seats:
                seat.send(make(VoxConversations, changed=changed))
        if any(seat.keeper.is_following for seat in self._seats):
            return LOOK_SECONDS
        return NEWS_SECONDS if self._news else IDLE_SECONDS


class Bystander(NotKept):
    """Keeps nothing of a session, but others are quiet while it answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answering(self, over: StopFlag) -> None:
        self._desk.answering(over)
