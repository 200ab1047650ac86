"""News of the models for everyone who is connected."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from app.models import Model, Models
from app.web.sockets import SocketSessions

if TYPE_CHECKING:
    from app.conversation.events import VoxModels

#: News go out at most this often; a download reports far more often than that.
NEWS_INTERVAL_SECONDS = 0.1


class ModelNews:
    """Tells every open conversation when a model's state or progress changes.

    A thread of its own does so, from ``start`` on: a model calls its subscribers while it holds
    its lock, and they must neither block nor ask another model.
    """

    def __init__(self, models: Models, sessions: SocketSessions) -> None:
        self._models = models
        self._sessions = sessions
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._has_started = False

    def start(self) -> None:
        """Begin to listen to the models; harmless when begun."""
        with self._lock:
            if self._has_started:
                return
            self._has_started = True
        for model in self._models:
            model.subscribe(self._note)
        threading.Thread(target=self._tell, name="model-news", daemon=True).start()

    def current(self) -> VoxModels:
        """The event that tells of all models as they are now."""
        from app.conversation.events import VoxModels, make

        return make(VoxModels, models=self._models.snapshot())

    def _note(self, model: Model[Any]) -> None:  # noqa: ARG002
        self._news.set()

    def _tell(self) -> None:
        while self._news.wait():
            self._news.clear()
            connections = self._sessions.connections()
            if connections:
                event = self.current()
                for connection in connections:
                    connection.send(event)
            time.sleep(NEWS_INTERVAL_SECONDS)
