"""Turn: from a whole utterance to a spoken reply, ended by one stop flag of its own.

The order of a turn: wait for the words, ask the brain, cut its text into phrases as it streams,
have each phrase spoken. The text and the speech each have a thread; the turn's stop ends both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from app import threads
from app.conversation.reply import Reason, Reply
from app.conversation.stop import StopFlag
from app.conversation.transcription import Transcription
from app.conversation.voicing import Voicing
from app.engines import Brain, EngineError, Message, ReplyCutShort
from app.models import Model, ModelNotReady, Models
from app.tts.tags import without_tags

log = logging.getLogger(__name__)

#: Makes the prompt for the brain that answers; the tags are those the voice can speak.
Prompt = Callable[[Brain, frozenset[str]], Sequence[Message]]


class Turn:
    """One turn of a conversation, worked on in threads of its own from ``start`` on."""

    def __init__(
        self,
        reply: Reply,
        models: Models,
        prompt: Prompt,
        awaited: Iterable[Transcription],
        answered: Transcription | None,
        voice: str,
        max_tokens: int,
    ) -> None:
        """``awaited`` are the transcriptions that the prompt needs; ``answered`` is the one of the
        utterance that the reply is to, None when it is to a typed message."""
        self.reply = reply
        self.stop = StopFlag()
        self._models = models
        self._prompt = prompt
        self._awaited = list(awaited)
        self._answered = answered
        self._voice = voice
        self._max_tokens = max_tokens

    def start(self) -> None:
        threads.begin(self._run, f"turn-{self.reply.response_id}")

    def cancel(self, reason: Reason) -> None:
        """End the turn now: nothing of it is told after this returns. Harmless when it is over."""
        # The reply first: workers that see the stop may no longer end it in their own way.
        self.reply.end("cancelled", reason)
        self.reply.silence()
        self.stop.set()
        for transcription in self._awaited:
            transcription.stop.set()

    def _needed(self, model: Model[Any]) -> AbstractContextManager[None]:
        """Keeps ``model`` there, also while it has nothing to do yet."""
        return model.kept("an answer", self._give_way)

    def _give_way(self) -> None:
        """Somebody unloads a model that this answer needs, and does not want to wait for its end."""
        self.reply.notice("info", "model_unloaded", "This answer was stopped to unload its model.")
        self.cancel("client_cancelled")

    def _run(self) -> None:
        try:
            with self._needed(self._models.tts) if self.reply.item.is_audio else nullcontext():
                with self._needed(self._models.llm):
                    has_words = self._hear()
                if has_words:
                    self._answer()
        except ReplyCutShort:
            self.reply.end("incomplete", "max_output_tokens")
        except (EngineError, ModelNotReady) as problem:
            self.reply.end("failed", error=("reply_failed", str(problem)))
        except Exception:
            log.exception("a turn failed")
            sentence = "Something went wrong inside VOX. The log says more; you can go on talking."
            self.reply.end("failed", error=("internal_error", sentence))
        finally:
            self.stop.set()

    def _hear(self) -> bool:
        """Wait for the words that are to be answered; False where there are none."""
        for transcription in self._awaited:
            transcription.wait()
        heard = self._answered
        if heard is not None and not self.stop.is_set():
            self.reply.timings.stt_ms = heard.waited_ms
            if heard.error:
                self.reply.end("failed", error=("transcription_failed", heard.error))
            elif not heard.text:
                self.reply.end("completed")
        return not self.reply.has_ended

    def _answer(self) -> None:
        """Tell the text as it comes and, unless only text is wanted, speak it."""
        voicing = self._voicing() if self.reply.item.is_audio else None
        try:
            for piece in self._written():
                if not self.reply.add_text(piece):
                    return
                if voicing is not None:
                    voicing.feed(piece)
        finally:
            # Also when the brain fails half-way: what it had written is still spoken.
            if voicing is not None:
                voicing.finish()
        if not self.reply.transcript and not self.stop.is_set():
            raise EngineError("The language model answered with nothing. Ask again, or choose another model.")
        self.reply.end("completed")

    def _voicing(self) -> Voicing:
        return Voicing(self.reply, self._models.tts, self._voice, self.stop)

    def _written(self) -> Iterator[str]:
        """The reply's text as the brain writes it, in the voice's tags and no others. The brain is
        not kept while the voice still speaks."""
        with self._needed(self._models.llm), self._models.llm.use(stop=self.stop) as brain:
            voice = self._models.tts.loaded
            tags = voice.tags if voice else frozenset()
            messages = self._prompt(brain, tags)
            self.reply.timings.note("prompted")
            pieces = without_tags(brain.reply(messages, self.stop, self._max_tokens), tags)
            yield from _without_leading_space(pieces)


def _without_leading_space(pieces: Iterable[str]) -> Iterator[str]:
    has_begun = False
    for piece in pieces:
        text = piece if has_begun else piece.lstrip()
        if text:
            has_begun = True
            yield text
