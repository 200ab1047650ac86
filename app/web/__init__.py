"""The web: pages, the JSON API, the socket, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app

from app.archive.lazy import LazyArchive
from app.models import Models
from app.settings import Settings
from app.settings_store import SettingsStore

if TYPE_CHECKING:
    from app.keeping.lazy import LazyDesk
    from app.switching import Switching
    from app.voices.library import VoiceLibrary
    from app.web.news import ModelNews
    from app.web.sockets import SocketSessions


@dataclass
class Vox:
    """What the parts of one application share; ``app.extensions["vox"]``."""

    store: SettingsStore
    models: Models
    #: What was said, kept in a database.
    archive: LazyArchive
    #: The open sockets; set by ``realtime.init_app``.
    sessions: SocketSessions | None = None
    #: Tells the open sockets of the models; set by ``realtime.init_app``.
    news: ModelNews | None = None
    #: Keeps what is said, and tells the open sockets of it; set by ``realtime.init_app``.
    desk: LazyDesk | None = None
    #: The voices that people keep; set by ``voices.init_app``.
    library: VoiceLibrary | None = None
    #: Changes models for others; set by ``api.init_app``.
    switching: Switching | None = None

    @property
    def settings(self) -> Settings:
        """The settings that hold now; they change while VOX runs."""
        return self.store.current

    def conversations_changed(self, conversation_id: str) -> None:
        """Tell the open sockets that a conversation is not what it was. Never blocks."""
        if self.desk is not None and self.desk.made is not None:
            self.desk.made.conversations_changed(conversation_id)

    def voices_changed(self) -> None:
        """Tell the open sockets that the voices, or the default one, are not what they were. Never blocks."""
        if self.sessions is not None and (connections := self.sessions.connections()):
            # Imported here: an open socket has it imported already.
            from app.conversation.events import VoxVoices, make

            event = make(VoxVoices)
            for connection in connections:
                connection.send(event)


def vox(app: Flask | None = None) -> Vox:
    """The Vox of ``app``, or of the application that answers the current request."""
    found = (app or current_app).extensions["vox"]
    assert isinstance(found, Vox)
    return found
