"""Writer: the one thread that writes what is kept, so that nobody who talks waits for a disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.archive.records import ArchiveError, ArchiveUnavailable, UnknownConversation, UnknownMessage
from app.keeping.writes import Key, Write

if TYPE_CHECKING:
    from app.archive.conversations import Conversations

log = logging.getLogger(__name__)

#: What may wait to be written while the database is away: so many writes, and characters of text.
MAX_WAITING = 20_000
MAX_WAITING_SIZE = 16_000_000

TOO_MUCH_WAITS = "More waits for the database than VOX can hold."
OWN_MISTAKE = "That is a mistake of VOX; its log tells more."

#: Seconds until what could not be written is tried again: at first, and at most.
RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 5.0


class Writer:
    """Writes in the order in which it is told; of writes with the same key that still wait, one is left.

    ``conversations`` gives the archive's, or raises ArchiveUnavailable. None of those that are told may
    block: ``on_written`` is called after each write, ``on_trouble`` with the problem once the database
    cannot be written, and with None once it can again, ``on_lost`` with a sentence for each write that is
    given up.
    """

    def __init__(
        self,
        conversations: Callable[[], Conversations],
        on_written: Callable[[Write], None],
        on_trouble: Callable[[ArchiveUnavailable | None], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._conversations = conversations
        self._on_written = on_written
        self._on_trouble = on_trouble
        self._on_lost = on_lost
        self._changed = threading.Condition()
        self._waiting: OrderedDict[Key, Write] = OrderedDict()
        self._size = 0
        self._in_hand: Write | None = None
        self._trouble: ArchiveUnavailable | None = None
        self._is_closing = False
        self._thread: threading.Thread | None = None

    @property
    def trouble(self) -> ArchiveUnavailable | None:
        """Why the database cannot be written now."""
        return self._trouble

    def put(self, write: Write) -> None:
        """Have it written. Never blocks; beyond the bounds of what may wait, it is not kept."""
        with self._changed:
            earlier = self._waiting.get(write.key)
            if earlier is None and not self._has_room(write):
                log.error("Too much waits for the database. This is not kept: %s", write.key)
                self._on_lost(TOO_MUCH_WAITS)
                return
            self._replace(write.over(earlier) if earlier else write, earlier)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="keeping-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def waits_for(self, conversation_id: str) -> bool:
        """Whether something of that conversation is still to be written."""
        with self._changed:
            keys = [*self._waiting, *([self._in_hand.key] if self._in_hand else [])]
            return any(key[0] == conversation_id for key in keys)

    def settle(self, timeout: float) -> bool:
        """Wait until all is written; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and self._in_hand is None, timeout)

    def close(self, timeout: float) -> None:
        """Write what waits, for at most so many seconds, and then no more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
        with self._changed:
            if self._waiting:
                log.error("The database could not be written; %d changes are lost", len(self._waiting))
            self._waiting.clear()

    def _has_room(self, write: Write) -> bool:
        return len(self._waiting) < MAX_WAITING and self._size + write.size <= MAX_WAITING_SIZE

    def _replace(self, write: Write, earlier: Write | None) -> None:
        self._waiting[write.key] = write
        self._size += write.size - (earlier.size if earlier else 0)

    def _run(self) -> None:
        retry_seconds = RETRY_SECONDS
        while (write := self._next()) is not None:
            try:
                self._do(write)
            except ArchiveUnavailable as problem:
                self._put_back(write)
                self._set_trouble(problem)
                self._rest(retry_seconds)
                retry_seconds = min(retry_seconds * 2, LONGEST_RETRY_SECONDS)
                continue
            retry_seconds = RETRY_SECONDS
            with self._changed:
                self._in_hand = None
                self._changed.notify_all()
            self._set_trouble(None)
            self._on_written(write)

    def _do(self, write: Write) -> None:
        try:
            write.do(self._conversations())
        except ArchiveUnavailable:
            raise
        except (UnknownConversation, UnknownMessage):
            log.debug("gone before it was written: %s", write.key)
        except ArchiveError as problem:
            log.warning(
                "Something that was said is not kept; what is said from now on is. %s (%s: %s)",
                problem,
                *write.key,
            )
            self._on_lost(str(problem))
        except Exception:
            log.exception("this could not be kept: %s", write.key)
            self._on_lost(OWN_MISTAKE)

    def _next(self) -> Write | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            if not self._waiting:
                return None
            _, self._in_hand = self._waiting.popitem(last=False)
            self._size -= self._in_hand.size
            return self._in_hand

    def _put_back(self, write: Write) -> None:
        with self._changed:
            self._in_hand = None
            later = self._waiting.get(write.key)
            self._replace(later.over(write) if later else write, later)
            self._waiting.move_to_end(write.key, last=False)

    def _set_trouble(self, problem: ArchiveUnavailable | None) -> None:
        was_well, self._trouble = self._trouble is None, problem
        if was_well is not (problem is None):
            self._on_trouble(problem)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing, until - time.monotonic())
        if self._is_closing:
            time.sleep(0.05)
