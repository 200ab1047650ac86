"""Unloading models that nobody has used for a while, so that the machine has its memory back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.models.together import Models
from app.settings import Settings

log = logging.getLogger(__name__)

#: How often idle times are looked at: this share of the time that is allowed, within these bounds.
LOOKS_PER_TIME = 10
SOONEST, LATEST = 0.1, 15.0


class IdleWatch:
    """Unloads what was idle for ``settings().idle_minutes``; 0 keeps everything.

    There is a thread only while there is something to watch for.
    """

    def __init__(self, models: Models, settings: Callable[[], Settings]) -> None:
        self._models = models
        self._settings = settings
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()

    def settings_changed(self) -> None:
        """Look at the settings again; also how it is begun."""
        with self._lock:
            if self._seconds() and self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="idle-models", daemon=True)
                self._thread.start()
        self._hurry.set()

    def look(self) -> None:
        """Unload what has been idle for too long, now."""
        seconds = self._seconds()
        for model in self._models if seconds else ():
            if model.unload_if_idle(seconds):
                log.info("%s: unloaded after %.0f s without use", model.kind, seconds)

    def _seconds(self) -> float:
        return self._settings().idle_minutes * 60

    def _watch(self) -> None:
        while True:
            with self._lock:
                seconds = self._seconds()
                if not seconds:
                    self._thread = None
                    return
            self._hurry.wait(min(max(seconds / LOOKS_PER_TIME, SOONEST), LATEST))
            self._hurry.clear()
            self.look()
