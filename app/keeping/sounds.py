"""Sounds: what was said, kept as files, within the space that the person gives them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.archive.records import MessageRecord, SpeechRecord, UnknownMessage
from app.engines import Samples
from app.keeping import opus
from app.keeping.files import SpeechFiles, limit_bytes
from app.keeping.writer import Writer
from app.keeping.writes import Action
from app.settings import Settings

if TYPE_CHECKING:
    from app.archive.conversations import Conversations

log = logging.getLogger(__name__)

#: Sound that may wait to be encoded, in samples: ten minutes.
MAX_WAITING = 600 * opus.RATE


@dataclass(frozen=True)
class _Job:
    message: MessageRecord
    #: At ``rate`` Hz; none where it is about what is kept already.
    sound: list[Samples]
    rate: int
    until_ms: float | None

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.sound)


class Sounds:
    """Keeps sounds as files, encoded in a thread of its own. Their records go to the archive by the
    ``writer``.

    Neither of the two that are told may block: ``on_changed`` is called with a conversation's and a
    message's id and what is kept of its sound now, ``on_trouble`` with the problem once files cannot be
    written, and with None once they can again.
    """

    def __init__(
        self,
        files: SpeechFiles,
        writer: Writer,
        settings: Callable[[], Settings],
        on_changed: Callable[[str, str, SpeechRecord | None], None],
        on_trouble: Callable[[OSError | None], None],
    ) -> None:
        self._files = files
        self._writer = writer
        self._settings = settings
        self._on_changed = on_changed
        self._on_trouble = on_trouble
        self._limit = limit_bytes(settings())
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._waiting = 0
        self._is_busy = False
        self._has_trouble = False
        self._thread: threading.Thread | None = None

    def add(self, message: MessageRecord, sound: list[Samples], rate: int, until_ms: float | None) -> None:
        """Keep the sound of ``message``; of one that was cut off, what was heard of it. Never blocks."""
        self._put(_Job(message, sound, rate, until_ms))

    def cut(self, message: MessageRecord, until_ms: float) -> None:
        """Of the sound that was kept, if it was, no more was heard than that. Never blocks."""
        if self._thread is not None or message.speech is not None:
            self._put(_Job(message, [], opus.RATE, until_ms))

    def discard(self, sounds: list[SpeechRecord]) -> None:
        """Remove the files of sounds whose records are gone."""
        self._files.discard(sounds)
        for sound in sounds:
            self._on_changed(sound.conversation_id, sound.message_id, None)

    def clear(self, conversations: Conversations) -> None:
        """Throw all kept sound away. Raises ArchiveUnavailable."""
        while oldest := conversations.oldest_speech(100):
            self._remove(conversations, oldest)

    def keep_to_limit(self) -> None:
        """Throw the oldest away if there is less space for them now than before. Never blocks."""
        before, self._limit = self._limit, limit_bytes(self._settings())
        if self._limit < before:
            self._writer.put(Action(("", "speech limit"), self._make_room, is_news=False))

    def settle(self, timeout: float) -> bool:
        """Wait until all is encoded; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._is_busy, timeout)

    # ----- inside

    def _put(self, job: _Job) -> None:
        with self._changed:
            if self._waiting + job.size > MAX_WAITING:
                log.warning("Too much sound waits to be kept; that of %s is not", job.message.id)
                return
            self._jobs.append(job)
            self._waiting += job.size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sounds", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs)
                job = self._jobs.popleft()
                self._waiting -= job.size
                self._is_busy = True
            try:
                self._keep(job)
            except OSError as problem:
                log.warning("The sound of a message is not kept: %s", problem)
                self._set_trouble(problem)
            except Exception:
                log.exception("the sound of a message could not be kept")
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()

    def _keep(self, job: _Job) -> None:
        message = job.message
        path = self._files.path(message.conversation_id, message.id)
        if not job.sound and not path.exists():
            return
        sound = opus.pcm(job.sound, job.rate) if job.sound else opus.whole(opus.decode(path))
        heard = sound if job.until_ms is None else sound[: round(job.until_ms * opus.RATE / 1000)]
        if not job.sound and heard.size == sound.size:
            return
        if heard.size == 0:
            self._write(message, lambda kept: self._remove(kept, [_record(message, 0, 0)]))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file that is there is whole: there is one thread, so one name will do.
        part = self._files.folder / "next.part"
        for _ in opus.encode([heard], str(part)):
            pass
        part.replace(path)
        self._set_trouble(None)
        record = _record(message, heard.size, path.stat().st_size)
        self._write(message, lambda kept: self._register(kept, record))

    def _write(self, message: MessageRecord, call: Callable[[Conversations], object]) -> None:
        self._writer.put(Action((message.conversation_id, f"speech {message.id}"), call, is_news=False))

    def _register(self, conversations: Conversations, record: SpeechRecord) -> None:
        """In the writer's thread: the file is there."""
        try:
            conversations.put_speech(record)
        except UnknownMessage:
            self.discard([record])
            return
        self._on_changed(record.conversation_id, record.message_id, record)
        self._make_room(conversations)

    def _make_room(self, conversations: Conversations) -> None:
        """In the writer's thread."""
        for oldest in self._too_many(conversations):
            self._remove(conversations, [oldest])

    def _too_many(self, conversations: Conversations) -> Iterator[SpeechRecord]:
        """The oldest sounds that there is no space for."""
        excess = conversations.speech_total() - limit_bytes(self._settings())
        while excess > 0 and (oldest := conversations.oldest_speech(20)):
            for sound in oldest:
                if excess <= 0:
                    return
                yield sound
                excess -= sound.bytes

    def _remove(self, conversations: Conversations, sounds: list[SpeechRecord]) -> None:
        for sound in sounds:
            conversations.remove_speech(sound.conversation_id, sound.message_id)
        self.discard(sounds)

    def _set_trouble(self, problem: OSError | None) -> None:
        if (problem is not None) is not self._has_trouble:
            self._has_trouble = problem is not None
            self._on_trouble(problem)


def _record(message: MessageRecord, samples: int, size: int) -> SpeechRecord:
    duration_ms = round(samples * 1000 / opus.RATE)
    return SpeechRecord(message.conversation_id, message.id, duration_ms, size, opus.FORMAT)
