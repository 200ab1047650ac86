"""Making phrases: one thread that turns texts into sound for everyone who speaks.

Phrases are decoded side by side, as many as the decoder has rows: on a processor a step for two
costs about as much as one. A phrase that is decoded is voiced at once. Whoever asked for it waits
in a thread of its own, and leaves as soon as its stop is set.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from app.engines import Samples, Stop, Tell
from app.tts.turbo.decoder import Decoder
from app.tts.turbo.phrase_job import PhraseJob, Stopped
from app.tts.turbo.s3gen import Vocalizer
from app.tts.turbo.voice import Voice

log = logging.getLogger(__name__)

#: Chatterbox ends each phrase with this token three times: a breath of silence.
SILENCE = 4299
#: Speech tokens proper; those from here on mark beginnings and ends.
SPEECH_TOKENS = 6561

#: Puts the watermark into samples of shape (samples,) at 24 kHz.
Watermark = Callable[[Samples], Samples]


class PhraseMaker:
    """Makes phrases until it is closed. ``make`` may be called from any thread."""

    def __init__(self, decoder: Decoder, vocalizer: Vocalizer, watermark: Watermark, threads: int) -> None:
        self._decoder = decoder
        self._vocalizer = vocalizer
        self._watermark = watermark
        self._threads = threads
        self._changed = threading.Condition()
        self._waiting: list[PhraseJob] = []
        self._rows: dict[int, PhraseJob] = {}
        self._is_busy = False
        self._round = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="chatterbox", daemon=True)
        self._thread.start()

    def make(
        self, text: torch.Tensor, expected: int, voice: Voice, stop: Stop, tell: Tell, seed: int | None = None
    ) -> PhraseJob:
        """The phrase of ``text`` (token ids, shape (1, length)), made: its ``samples`` are None if it
        was stopped. ``expected`` is about how many speech tokens it will have.

        Raises what went wrong with it.
        """
        job = PhraseJob(text, expected, voice, stop, tell, seed)
        with self._changed:
            if self._is_closed:
                return job
            job.round = self._next_round(stop)
            self._waiting.append(job)
            self._changed.notify_all()
        job.wait()
        return job

    def wait_until_idle(self) -> None:
        """Block until nothing is being made, nor waits: a stopped phrase is left a little later than
        whoever asked for it has left."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._rows or self._is_busy))

    def close(self) -> None:
        """Stop every phrase and end the thread. Harmless when it has ended."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        with torch.inference_mode():
            while self._admit():
                self._step()
        for job in (*self._rows.values(), *self._waiting):
            job.leave()
        with self._changed:
            self._rows.clear()
            self._waiting.clear()
            self._is_busy = False
            self._changed.notify_all()

    def _admit(self) -> bool:
        """Give free rows to waiting phrases; waits for work where there is none. False at the end."""
        with self._changed:
            self._is_busy = bool(self._waiting or self._rows)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._rows or self._is_closed)
            if self._is_closed:
                return False
            self._is_busy = True
            beginning = {}
            for row in range(self._decoder.rows):
                if self._waiting and row not in self._rows:
                    beginning[row] = self._rows[row] = self._next()
        for row, job in beginning.items():
            self._guarded(row, job, self._begin)
        return True

    def _next_round(self, stop: Stop) -> int:
        """Phrases are begun in rounds, one of each reply: the first round that has none of this reply."""
        theirs = [job.round for job in (*self._waiting, *list(self._rows.values())) if job.stop is stop]
        return max(self._round, *(round_ + 1 for round_ in theirs), 0)

    def _next(self) -> PhraseJob:
        """The oldest of the waiting phrases of the earliest round."""
        job = min(self._waiting, key=lambda job: job.round)
        self._waiting.remove(job)
        self._round = job.round
        return job

    def _begin(self, row: int, job: PhraseJob) -> None:
        job.seed_on(self._decoder.device)
        sampler = self._decoder.sampler(job.generator)
        # Stock never takes the first token for the end, whatever it is.
        job.tokens.append(self._decoder.begin(row, job.voice, job.text, sampler, self._check(job)))

    def _step(self) -> None:
        """One token, or a few, for each phrase that still wants one."""
        for row, job in list(self._rows.items()):
            self._guarded(row, job, lambda _, job: self._check(job)())
        rows = sorted(self._rows)
        if not rows:
            return
        try:
            new = self._decoder.advance(rows)
        except Exception as problem:
            for row in rows:
                self._rows.pop(row).fail(problem)
            return
        for row, tokens in zip(rows, new, strict=True):
            self._guarded(row, self._rows[row], partial(self._take, tokens=tokens))

    def _take(self, row: int, job: PhraseJob, tokens: list[int]) -> None:
        """Add ``tokens`` to the phrase, and voice it if they end it."""
        for token in tokens:
            if token == self._decoder.stop_token:
                job.is_whole = True
                break
            job.tokens.append(token)
            if len(job.tokens) == self._decoder.max_tokens:
                break
        else:
            job.tell_decoded()
            return
        samples = self._voiced(job)
        del self._rows[row]
        job.finish(samples)

    def _voiced(self, job: PhraseJob) -> Samples:
        spoken = [token for token in job.tokens if token < SPEECH_TOKENS]
        tokens = torch.tensor([*spoken, *[SILENCE] * 3], device=self._decoder.device)
        check = self._check(job)
        samples = self._vocalizer.speak(tokens, job.voice, job.generator, check, job.tell_voiced)
        check()
        return self._watermark(samples.cpu().numpy())

    def _check(self, job: PhraseJob) -> Callable[[], None]:
        """What is called between the parts of the work on ``job``; raises Stopped."""

        def check() -> None:
            if job.stop.is_set() or self._is_closed:
                raise Stopped

        return check

    def _guarded(self, row: int, job: PhraseJob, work: Callable[[int, PhraseJob], Any]) -> None:
        """Do some of the work on ``job``; whatever ends it, its row is free and its asker told."""
        try:
            work(row, job)
        except Stopped:
            self._rows.pop(row, None)
            job.leave()
        except Exception as problem:
            self._rows.pop(row, None)
            job.fail(problem)
