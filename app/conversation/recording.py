"""Recording: an utterance whose end the client tells, as with the Talk button."""

from __future__ import annotations

from app.conversation.events import RequestError
from app.conversation.hearing import Hearing
from app.stt.incoming import IncomingAudio, UtteranceTooLong


class Recording:
    """The sound coming in at ``rate`` Hz, until it is committed. For the thread that
    the sound comes from, which need not hold the session's lock to append."""

    def __init__(self, hearing: Hearing, rate: int, max_seconds: float) -> None:
        self._hearing = hearing
        self._incoming = IncomingAudio(rate, max_seconds)
        self._is_full = False

    def append(self, pcm: bytes) -> None:
        """Take 16-bit mono PCM. Raises RequestError, once, when the utterance is too long; what
        was heard until then is kept and can be committed."""
        if self._is_full:
            return
        try:
            self._incoming.append(pcm)
        except UtteranceTooLong as problem:
            self._is_full = True
            raise RequestError(str(problem), "utterance_too_long", "audio") from None

    def settle(self) -> None:
        """There is nothing to wait for: what was appended is there."""

    def clear(self) -> None:
        """Throw the recording away."""
        self._incoming.clear()
        self._is_full = False

    def commit(self) -> bool:
        """The utterance is whole: it becomes an item, and its words are looked for. False where
        there is none."""
        audio = self._incoming.samples()
        self._is_full = False
        if audio.size:
            self._hearing.commit(self._hearing.begin(audio))
        return audio.size > 0
