"""Unloading a model that somebody uses: waiting for them, stopping them, or thinking better of it; and
unloading one that nobody uses any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.conversation.stop import StopFlag
from app.models import Model, ModelBusy, Models, State
from app.models.idle import IdleWatch
from app.settings import Settings
from app.settings_store import SettingsStore
from tests.models.loaders import Clock, Loader, States


@contextmanager
def answering(model: Model[Any], stop: StopFlag) -> Iterator[threading.Thread]:
    """Somebody who uses the model until they are stopped."""
    began = threading.Event()

    def answer() -> None:
        with model.use(stop, "an answer"):
            began.set()
            stop.wait(10)

    thread = threading.Thread(target=answer)
    thread.start()
    assert began.wait(10)
    yield thread
    stop.set()
    thread.join(10)


def test_what_it_is_used_for_is_told(model: Model[Any]) -> None:
    assert model.snapshot()["in_use"] == []
    with model.kept("an answer", lambda: None), model.use(), model.use(what="a preview"):
        assert model.snapshot()["in_use"] == ["an answer", "a preview"]
        assert model.snapshot()["idle_seconds"] is None
    with model.use():
        assert model.snapshot()["in_use"] == ["something else"]


def test_it_goes_as_soon_as_the_answer_has_ended(model: Model[Any], states: States, old: Loader) -> None:
    stop = StopFlag()
    with answering(model, stop):
        model.unload_when_free()
        assert model.snapshot()["goes_when_free"]
        assert model.state is State.READY
        stop.set()
        states.until(state="unloaded", goes_when_free=False)
    assert old.engine.unloaded.wait(10)


def test_it_goes_at_once_when_nobody_is_there(model: Model[Any], old: Loader) -> None:
    model.unload_when_free()
    assert model.state is State.UNLOADED
    assert old.engine.unloaded.is_set()


@pytest.mark.parametrize("keep", [Model.cancel, Model.load])
def test_one_that_is_to_go_can_be_kept(model: Model[Any], old: Loader, keep: Any) -> None:
    stop = StopFlag()
    with answering(model, stop) as thread:
        model.unload_when_free()
        keep(model)
        assert not model.snapshot()["goes_when_free"]
        stop.set()
        thread.join(10)
    assert model.state is State.READY
    assert not old.engine.unloaded.is_set()


def test_an_answer_is_stopped_for_who_cannot_wait(model: Model[Any], old: Loader) -> None:
    with answering(model, StopFlag()) as thread:
        model.unload_now()
        thread.join(10)
        assert not thread.is_alive()
    assert model.state is State.UNLOADED
    assert old.engine.unloaded.is_set()


def test_who_keeps_it_between_two_uses_is_asked_to_end_as_well(model: Model[Any]) -> None:
    ended = threading.Event()
    with model.kept("an answer", ended.set), pytest.raises(ModelBusy):
        model.unload_now(timeout=0)
    assert ended.is_set()
    model.unload_now(timeout=0)
    assert model.state is State.UNLOADED


def test_wanting_it_to_stay_neither_loads_it_nor_keeps_a_load(old: Loader) -> None:
    old.may_finish.clear()
    model: Model[Any] = Model("llm", old)
    with model.kept("an answer", lambda: None):
        assert model.state is State.UNLOADED
        model.load()
        model.unload(timeout=0)
        assert model.state is State.UNLOADED
    old.may_finish.set()


def test_the_time_without_use_is_counted(model: Model[Any], clock: Clock) -> None:
    clock.now += 60
    assert model.snapshot()["idle_seconds"] == 60
    with model.use():
        clock.now += 60
        assert not model.unload_if_idle(30)
    assert model.snapshot()["idle_seconds"] == 0
    clock.now += 29
    assert not model.unload_if_idle(30)
    clock.now += 1
    assert model.unload_if_idle(30)
    assert model.state is State.UNLOADED
    assert model.snapshot()["idle_seconds"] is None
    with model.use():
        assert model.loaded is not None  # the next one loads it again


def test_one_that_is_being_changed_for_another_is_not_idle(
    model: Model[Any], clock: Clock, new: Loader, states: States
) -> None:
    model.switch(new)
    clock.now += 3600
    assert not model.unload_if_idle(1)
    new.may_finish.set()
    states.until(name="new")
    assert not model.unload_if_idle(1)  # it has only just come


@pytest.fixture
def store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(Settings(data_dir=tmp_path))


def test_idle_models_go_and_the_others_stay(model: Model[Any], clock: Clock, store: SettingsStore) -> None:
    ears, brain = Loader("ears"), Loader("brain")
    for loader in (ears, brain):
        loader.may_finish.set()
    models = Models(Model("stt", ears, clock), Model("llm", brain, clock), model)
    models.wait()
    watch = IdleWatch(models, lambda: store.current)
    clock.now += 3600
    watch.look()
    assert [one.state for one in models] == [State.READY] * 3  # off by default

    store.change({"idle_minutes": 30})
    with models.llm.use():
        watch.look()
    assert [one.state for one in models] == [State.UNLOADED, State.READY, State.UNLOADED]


def test_the_watch_begins_and_ends_with_the_setting(
    model: Model[Any], states: States, clock: Clock, store: SettingsStore
) -> None:
    nothing: Any = Model("stt", Loader("none"))
    watch = IdleWatch(Models(nothing, nothing, model), lambda: store.current)
    store.subscribe(lambda _: watch.settings_changed())
    before = set(threading.enumerate())
    watch.settings_changed()
    assert not _watching(before)

    clock.now += 3600
    store.change({"idle_minutes": 0.001})
    states.until(state="unloaded")
    (thread,) = _watching(before)
    store.change({"idle_minutes": 0})
    thread.join(10)
    assert not thread.is_alive()


def _watching(before: set[threading.Thread]) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "idle-models" and one not in before]
