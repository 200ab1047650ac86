"""Phrases of several people are made side by side, fairly, and each can be left at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.conversation.stop import StopFlag
from app.engines import Stop
from tests.waiting import wait_until

if TYPE_CHECKING:
    import torch

    from app.tts.turbo.phrase_job import PhraseJob

LIMIT = 60
#: The number of a phrase of many tokens.
LONG = 4
#: A wait that is longer than anything here takes: it ends a test that hangs.
PATIENCE = 60

#: Told where the work is, on the maker's thread: "read", "step" or "voice".
At = Callable[[str], None]


class LoudVocalizer:
    """Takes the vocalizer's place: a sample for each token, in four pieces of work, then noise."""

    def __init__(self, at: At) -> None:
        self._at = at

    def speak(
        self,
        tokens: torch.Tensor,
        voice: Any,
        generator: torch.Generator,
        check: Callable[[], None],
        tell: Callable[[float], None],
    ) -> torch.Tensor:
        import torch

        for piece in range(4):
            self._at("voice")
            check()
            tell(piece / 4)
        tell(1.0)
        return torch.cat([tokens.float(), torch.rand(2, generator=generator)])


class Studio:
    """A maker with a tiny decoder, and what its thread is to do on the way."""

    def __init__(self, tiny: Any, rows: int = 2, limit: int = LIMIT, bursts: bool = False) -> None:
        from app.tts.turbo.phrase_maker import PhraseMaker

        self.at: At = lambda _: None
        self.tiny = tiny
        self.t3 = tiny.tiny_t3()
        make = tiny.a_graph_decoder if bursts else tiny.a_decoder
        self.decoder = make(self.t3, rows=rows, limit=limit)
        self._notice(self.decoder)
        vocalizer: Any = LoudVocalizer(lambda where: self.at(where))
        # The watermark adds one, so that it is seen to be there.
        self.maker = PhraseMaker(self.decoder, vocalizer, lambda samples: samples + 1, threads=1)
        self.voices = [tiny.a_voice("short", 20), tiny.a_voice("long", 375)]
        self._pool = ThreadPoolExecutor(16)

    def say(
        self, seed: int, stop: Stop | None = None, tell: Callable[[float], None] = lambda _: None
    ) -> Future[PhraseJob]:
        """Ask for the phrase with number ``seed``, in a thread of its own."""
        voice, text = self.phrase(seed)
        stop = stop or StopFlag()
        return self._pool.submit(self.maker.make, text, 30, voice, stop, tell, seed)

    def phrase(self, seed: int) -> tuple[Any, torch.Tensor]:
        return self.voices[seed % 2], self.tiny.a_text(seed, 5 + seed)

    def is_right(self, seed: int, job: PhraseJob, limit: int = LIMIT) -> bool:
        """Whether ``job`` is whole and is what stock says, all of it speech, and three silences."""
        said = self.tiny.stock_tokens(self.t3, self.phrase(seed)[0], self.phrase(seed)[1], seed, limit)
        expected = [token + 1 for token in said if token < 6561] + [4300] * 3
        return (
            job.samples is not None
            and job.tokens == said
            and np.array_equal(job.samples[:-2], np.array(expected, np.float32))
            and bool((job.samples[-2:] >= 1).all())
        )

    def close(self) -> None:
        self.at = lambda _: None
        self.maker.close()
        self._pool.shutdown()

    def _notice(self, decoder: Any) -> None:
        """Have ``at`` told of what ``decoder`` does."""
        begin, advance = decoder.begin, decoder.advance

        def noticed_begin(row: int, voice: Any, text: Any, sampler: Any, check: Any) -> int:
            def noticed_check() -> None:
                self.at("read")
                check()

            first: int = begin(row, voice, text, sampler, noticed_check)
            return first

        def noticed_advance(rows: Any) -> list[list[int]]:
            self.at("step")
            new: list[list[int]] = advance(rows)
            return new

        decoder.begin, decoder.advance = noticed_begin, noticed_advance


@contextmanager
def a_studio(tiny: Any, rows: int = 2, limit: int = LIMIT, bursts: bool = False) -> Iterator[Studio]:
    studio = Studio(tiny, rows, limit, bursts)
    try:
        yield studio
    finally:
        studio.close()


@pytest.fixture
def studio(tiny: Any) -> Iterator[Studio]:
    with a_studio(tiny) as made:
        yield made


class Held:
    """Holds the maker's thread at the first ``where`` until it is let go."""

    def __init__(self, studio: Studio, where: str) -> None:
        self._where = where
        self.is_there = threading.Event()
        self._go = threading.Event()
        studio.at = self._at

    def _at(self, where: str) -> None:
        if where == self._where and not self.is_there.is_set():
            self.is_there.set()
            assert self._go.wait(PATIENCE)

    def wait(self) -> None:
        assert self.is_there.wait(PATIENCE)

    def let_go(self) -> None:
        self._go.set()


def result(future: Future[PhraseJob]) -> PhraseJob:
    return future.result(PATIENCE)


def waiting(studio: Studio, number: int) -> None:
    """Wait until so many phrases wait."""
    wait_until(lambda: len(studio.maker._waiting) == number)


def test_phrases_of_many_at_once_are_each_what_stock_says(studio: Studio) -> None:
    futures = [studio.say(seed) for seed in range(8)]
    assert all(studio.is_right(seed, result(future)) for seed, future in enumerate(futures))
    assert all(result(future).is_whole == (len(result(future).tokens) < LIMIT) for future in futures)


def test_phrases_are_the_same_when_their_tokens_come_in_bursts(tiny: Any) -> None:
    with a_studio(tiny, bursts=True) as studio:
        alone = {seed: result(studio.say(seed)).samples for seed in (0, LONG)}
        futures = [studio.say(seed) for seed in range(8)]
        assert all(studio.is_right(seed, result(future)) for seed, future in enumerate(futures))
        for seed, samples in alone.items():
            among_others = result(futures[seed]).samples
            assert samples is not None
            assert among_others is not None
            assert samples.tolist() == among_others.tolist(), "noise depends on who else is speaking"


def test_without_a_seed_a_phrase_is_never_the_same_twice(studio: Studio) -> None:
    voice, text = studio.phrase(3)
    jobs = [studio.maker.make(text, 30, voice, StopFlag(), lambda _: None) for _ in range(2)]
    assert jobs[0].tokens != jobs[1].tokens


def test_a_phrase_that_finds_no_end_is_made_and_marked(tiny: Any) -> None:
    with a_studio(tiny, limit=3) as studio:
        job = result(studio.say(1))
        assert studio.is_right(1, job, limit=3)
        assert len(job.tokens) == 3
        assert not job.is_whole


def test_progress_rises_from_the_first_token_to_the_last_sample(studio: Studio) -> None:
    told: list[float] = []
    job = result(studio.say(LONG, tell=told.append))
    assert len(job.tokens) > 20
    assert told == sorted(told)
    assert 0 < told[0] < 0.1
    assert told[-1] == 1.0
    assert sum(0.1 < fraction < 0.6 for fraction in told) >= 5


@pytest.mark.parametrize("rows", [1, 2])
def test_no_reply_waits_for_more_than_one_phrase_of_another(rows: int, tiny: Any) -> None:
    mine, yours, theirs = StopFlag(), StopFlag(), StopFlag()
    asked = [(5, mine), (6, mine), (7, mine), (8, mine), (9, yours), (10, yours), (11, theirs)]
    with a_studio(tiny, rows) as studio:
        held = Held(studio, "voice")
        futures = [studio.say(12, mine)]
        held.wait()
        for number, (seed, stop) in enumerate(asked):
            futures.append(studio.say(seed, stop))
            waiting(studio, number + 1)
        began = noted_beginnings(studio)
        held.let_go()
        for future in futures:
            result(future)
    names = {id(mine): "mine", id(yours): "yours", id(theirs): "theirs"}
    assert [names[stop] for stop in began] == ["yours", "theirs", "mine", "yours", "mine", "mine", "mine"]


def noted_beginnings(studio: Studio) -> list[int]:
    """Whose phrases get a row from now on, in turn: the ids of their stops."""
    began: list[int] = []
    take = studio.maker._next

    def noted() -> PhraseJob:
        job = take()
        began.append(id(job.stop))
        return job

    studio.maker._next = noted  # type: ignore[method-assign]
    return began


@pytest.mark.parametrize("where", ["read", "step", "voice"])
@pytest.mark.parametrize("kind", [StopFlag, threading.Event], ids=["calls back", "is looked at"])
def test_a_stop_ends_the_phrase_wherever_it_is(where: str, kind: Callable[[], Any], studio: Studio) -> None:
    stop = kind()
    held = Held(studio, where)
    stopped = studio.say(7, stop)
    held.wait()
    stop.set()
    assert result(stopped).samples is None, "whoever asked should not wait for the model"
    held.let_go()
    after = [studio.say(seed) for seed in (7, 8)]
    assert all(studio.is_right(seed, result(future)) for seed, future in zip((7, 8), after, strict=True))
    assert result(stopped).samples is None


def test_a_phrase_that_waits_can_be_stopped_and_is_never_begun(studio: Studio) -> None:
    stop = StopFlag()
    held = Held(studio, "step")
    made = studio.say(6)
    held.wait()
    others = [studio.say(seed) for seed in (7, 8)]
    waiting(studio, 2)
    stopped = studio.say(9, stop)
    waiting(studio, 3)
    stop.set()
    assert result(stopped).samples is None
    held.let_go()
    assert all(
        studio.is_right(seed, result(job)) for seed, job in zip((6, 7, 8), (made, *others), strict=True)
    )
    assert result(stopped).tokens == []


def test_a_stop_leaves_the_neighbour_alone(studio: Studio) -> None:
    stop = StopFlag()
    steps = 0

    def at(where: str) -> None:
        nonlocal steps
        steps += where == "step"
        if steps == 4:
            stop.set()

    studio.at = at
    futures = [studio.say(LONG, stop), studio.say(10)]
    assert result(futures[0]).samples is None
    assert studio.is_right(10, result(futures[1]))


def test_an_error_in_one_phrase_leaves_the_others_alone(studio: Studio) -> None:
    from app.tts.turbo.decoder import TextTooLong

    voice = studio.voices[0]
    endless = studio.tiny.a_text(1, studio.tiny.POSITIONS)
    good = studio.say(5)
    with pytest.raises(TextTooLong):
        studio.maker.make(endless, 30, voice, StopFlag(), lambda _: None)
    assert studio.is_right(5, result(good))
    assert studio.is_right(6, result(studio.say(6)))


@pytest.mark.parametrize("where", ["read", "voice"])
def test_an_error_on_the_way_is_told_to_the_one_it_concerns(where: str, studio: Studio) -> None:
    failed = False

    def at(place: str) -> None:
        nonlocal failed
        if place == where and not failed:
            failed = True
            raise OverflowError("too loud")

    studio.at = at
    outcomes = [studio.say(seed).exception(PATIENCE) for seed in (5, 6)]
    assert [type(outcome) for outcome in outcomes] == [OverflowError, type(None)]
    assert studio.is_right(5, result(studio.say(5)))


def test_a_listener_that_fails_ends_its_own_phrase_only(studio: Studio) -> None:
    def fail(_: float) -> None:
        raise OverflowError("nobody listens")

    good, bad = studio.say(5), studio.say(6, tell=fail)
    assert isinstance(bad.exception(PATIENCE), OverflowError)
    assert studio.is_right(5, result(good))


def test_an_error_in_a_common_step_ends_the_phrases_in_it_and_no_other(studio: Studio) -> None:
    held = Held(studio, "step")
    futures = [studio.say(0)]
    held.wait()
    futures.append(studio.say(LONG))
    waiting(studio, 1)
    later = [studio.say(10), studio.say(12)]
    waiting(studio, 3)
    rows = studio.maker._rows
    failed = False

    def fail_once(where: str) -> None:
        nonlocal failed
        if where == "step" and len(rows) == 2 and not failed:
            failed = True
            raise RuntimeError("out of memory")

    studio.at = fail_once
    held.let_go()
    outcomes = [future.exception(PATIENCE) for future in (*futures, *later)]
    assert [type(outcome) for outcome in outcomes].count(RuntimeError) == 2
    for seed, future, outcome in zip((0, LONG, 10, 12), (*futures, *later), outcomes, strict=True):
        assert outcome is not None or studio.is_right(seed, result(future))
    assert studio.is_right(9, result(studio.say(9)))


def test_closing_ends_everything_and_no_thread_is_left(tiny: Any) -> None:
    with a_studio(tiny) as studio:
        held = Held(studio, "step")
        futures = [studio.say(seed) for seed in (5,)]
        held.wait()
        futures += [studio.say(seed) for seed in (6, 7, 8)]
        waiting(studio, 3)
        closing = threading.Thread(target=studio.maker.close)
        closing.start()
        wait_until(lambda: studio.maker._is_closed)
        held.let_go()
        closing.join(PATIENCE)
        assert not closing.is_alive()
        assert [result(future).samples for future in futures] == [None] * 4
        assert not studio.maker._thread.is_alive()
        assert result(studio.say(9)).samples is None, "whoever comes too late should not wait"
        studio.maker.close()
