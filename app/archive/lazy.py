"""The archive of a running server: opened in the background or at first use, and swept once in a while.

VOX talks whether its database can be used or not. So nothing here is done while the server starts, and who
wants to read or write asks each time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from app.archive.records import ArchiveError, ArchiveUnavailable, Purged
from app.settings import Settings

if TYPE_CHECKING:
    from app.archive.archive import Archive
    from app.archive.conversations import Conversations

log = logging.getLogger(__name__)

#: Seconds after a failure in which nobody tries again: a server that does not answer costs some each time.
RETRY_AFTER = 5.0

#: How long a deleted conversation can be restored, and seconds between sweeps.
RESTORABLE = timedelta(days=1)
SWEEP_EVERY = 3600.0

#: Seconds that the end waits for a sweep that is under way.
CLOSING_PATIENCE = 1.0

_UNEXPECTED = "The kept conversations could not be opened. VOX's log says why."


class LazyArchive:
    """Safe for threads. ``conversations`` is what one wants of it."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing yet."""
        self._settings = settings
        self._lock = threading.Lock()
        self._archive: Archive | None = None
        self._trouble: ArchiveUnavailable | None = None
        self._failed_at = 0.0
        self._closed = threading.Event()
        self._sweeper: threading.Thread | None = None
        self._on_purged: list[Callable[[Purged], None]] = []

    @property
    def conversations(self) -> Conversations:
        """The conversations; opens the database if that was not done yet, which takes a moment.

        Raises ArchiveUnavailable. Later calls try again.
        """
        archive = self._archive
        if archive is None:
            with self._lock:
                archive = self._archive or self._open()
        return archive.conversations

    def open_in_background(self) -> None:
        """Begin to open it, so that the first who wants it need not wait."""
        threading.Thread(target=self._try_to_open, name="archive-opening", daemon=True).start()

    def on_purged(self, listener: Callable[[Purged], None]) -> None:
        """Call ``listener`` with what was taken away for good, in a thread of the archive's own."""
        self._on_purged.append(listener)

    def close(self) -> None:
        """Close it for good."""
        self._closed.set()
        with self._lock:
            if self._sweeper is not None:
                self._sweeper.join(CLOSING_PATIENCE)
            if self._archive is not None:
                self._archive.close()
            self._archive = None
            self._trouble = ArchiveUnavailable("VOX is ending, and its conversations are closed.")

    def _try_to_open(self) -> None:
        with suppress(ArchiveUnavailable):
            self.conversations  # noqa: B018

    def _open(self) -> Archive:
        """Open it, with the lock held."""
        if self._trouble and (self._closed.is_set() or time.monotonic() < self._failed_at + RETRY_AFTER):
            raise self._trouble
        try:
            # Imported here, as it brings SQLAlchemy.
            from app.archive.archive import Archive

            archive = Archive.open(self._settings)
            _end_what_was_left(archive)
        except Exception as problem:
            raise self._failed(problem) from None
        self._archive, self._trouble = archive, None
        self._sweeper = threading.Thread(
            target=self._sweep, args=(archive,), name="archive-sweep", daemon=True
        )
        self._sweeper.start()
        return archive

    def _failed(self, problem: Exception) -> ArchiveUnavailable:
        self._failed_at = time.monotonic()
        is_known = isinstance(problem, ArchiveError)
        trouble = ArchiveUnavailable(str(problem) if is_known else _UNEXPECTED)
        if self._trouble is None or str(self._trouble) != str(trouble):
            log.error("Conversations are not kept. %s", trouble, exc_info=None if is_known else problem)
        self._trouble = trouble
        return trouble

    def _sweep(self, archive: Archive) -> None:
        """Take away what was deleted a day ago, and end what another VOX left: now, and from time to time."""
        while not self._closed.is_set():
            try:
                purged = archive.conversations.purge(datetime.now(timezone.utc) - RESTORABLE)
                if purged.conversation_ids:
                    for listener in self._on_purged:
                        listener(purged)
            except Exception as problem:
                log.warning("What was deleted could not be swept away yet: %s", problem)
            if not self._closed.wait(SWEEP_EVERY):
                _end_what_was_left(archive)


def _end_what_was_left(archive: Archive) -> None:
    """What a killed VOX left in progress is over; before anyone writes more."""
    try:
        archive.conversations.end_what_was_left()
    except ArchiveError as problem:
        # What is there can perhaps be read.
        log.warning("Conversations can be read, and perhaps nothing can be kept. %s", problem)
