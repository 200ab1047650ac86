"""Seat: a session's place at its conversation, where it is told what happens in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openai.types.realtime import RealtimeErrorEvent
from pydantic import BaseModel

from app.archive.as_json import message_as_shown
from app.conversation.events import Listener, VoxConversation, VoxMessage, VoxNotice, make
from app.conversation.keeping import Opened
from app.keeping.conversation import Change, Conversation
from app.keeping.keeper import Keeper
from app.keeping.messages import as_item
from app.keeping.troubles import Notice

if TYPE_CHECKING:
    from app.conversation.session import Session


class Seat:
    """Tells one client, and its session once it is ``taken``. Except for ``taken``, all calls come from
    one thread, which holds no lock that a session could wait for."""

    def __init__(
        self,
        conversation: Conversation,
        keeper: Keeper,
        listener: Listener,
        problem: RealtimeErrorEvent | None = None,
    ) -> None:
        """``problem``: why it is not the one that the client asked for."""
        self.conversation = conversation
        self.keeper = keeper
        self._listener = listener
        self._problem = problem
        self._session: Session | None = None
        self._inbox: list[Change] = []
        self._told = self._state()
        messages = conversation.join(self)
        self.opened = Opened(
            conversation.id, [as_item(message) for message in messages], conversation.voice or "", keeper
        )

    def taken(self, session: Session) -> None:
        """The session is there, and has told its client so."""
        if self._problem is not None:
            self._listener.send(self._problem)
        self._told = self._state()
        self._listener.send(make(VoxConversation, **self._told))
        self._session = session

    def send(self, event: BaseModel) -> None:
        """Tell the client, if it was told already that its session is there."""
        if self._session is not None:
            self._listener.send(event)

    def notice(self, notice: Notice) -> None:
        self.send(make(VoxNotice, level=notice.level, code=notice.code, message=notice.message))

    def message_changed(self, change: Change) -> None:
        """Tell of a message, unless it is this session's own doing."""
        if change.by is not self.keeper:
            self._inbox.append(change)
        self.catch_up()

    def conversation_changed(self) -> None:
        """Tell what the conversation is now, if that is news."""
        now = self._state()
        if self._session is None or now == self._told:
            return
        if now["voice"] != self._told["voice"]:
            self._session.adopt_voice(self.conversation.voice or "")
        self._told = now
        self.send(make(VoxConversation, **now))

    def catch_up(self) -> None:
        """Tell what was not told before the session was there."""
        if self._session is None:
            return
        inbox, self._inbox = self._inbox, []
        for change in inbox:
            self._tell(self._session, change)

    def _state(self) -> dict[str, Any]:
        return {
            "id": self.conversation.id,
            "title": self.conversation.title,
            "title_is_own": self.conversation.title_is_own,
            "voice": self.conversation.voice,
            "kept": self.keeper.keeps,
            "deleted": self.conversation.is_deleted,
        }

    def _tell(self, session: Session, change: Change) -> None:
        if change.message is None:
            session.discard(change.message_id)
            return
        if change.by is not None:
            session.adopt(as_item(change.message), change.after or "root")
        self.send(
            make(
                VoxMessage,
                conversation_id=self.conversation.id,
                message=message_as_shown(change.message),
                after=change.after,
            )
        )
