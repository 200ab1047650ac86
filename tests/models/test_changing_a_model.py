"""Changing a model for another: what is there goes on, and stays if the other cannot be had."""

from __future__ import annotations

from typing import Any

from app.models import Model, State
from tests.models.loaders import Loader, States


def test_the_old_one_goes_on_until_the_new_one_is_there(
    model: Model[Any], states: States, old: Loader, new: Loader
) -> None:
    model.switch(new)
    assert new.began.wait(10)
    shown = states.until(switching=True)
    assert (shown["state"], shown["name"]) == ("ready", "old")
    assert shown["progress"] == {"stage": "Loading new", "done": 1, "total": 2, "unit": "stages"}
    with model.use() as engine:
        assert engine is old.engine

    new.may_finish.set()
    shown = states.until(name="new")
    assert (shown["state"], shown["switching"], shown["progress"]) == ("ready", False, None)
    assert old.engine.unloaded.wait(10)
    with model.use() as engine:
        assert engine is new.engine


def test_who_is_being_answered_by_the_old_one_is_answered_to_the_end(
    model: Model[Any], states: States, old: Loader, new: Loader
) -> None:
    new.may_finish.set()
    with model.use() as first, model.use() as second:
        assert first is second is old.engine
        model.switch(new)
        states.until(name="new")
        with model.use() as engine:
            assert engine is new.engine
        assert not old.engine.unloaded.is_set()
    assert old.engine.unloaded.wait(10)
    assert not new.engine.unloaded.is_set()


def test_when_the_new_one_fails_the_old_one_stays_and_the_reason_is_told(
    model: Model[Any], states: States, old: Loader, new: Loader
) -> None:
    new.failure = RuntimeError("model.bin is missing. Load it again to fetch it.")
    new.may_finish.set()
    model.switch(new)
    shown = states.until(switching=False, error=str(new.failure))
    assert (shown["state"], shown["name"]) == ("ready", "old")
    with model.use() as engine:
        assert engine is old.engine
    assert not old.engine.unloaded.is_set()


def test_a_choice_that_cannot_be_kept_is_not_taken(
    model: Model[Any], states: States, old: Loader, new: Loader
) -> None:
    def disk_full() -> None:
        raise RuntimeError("The choice could not be written. Make room.")

    new.may_finish.set()
    model.switch(new, then=disk_full)
    states.until(switching=False, error="The choice could not be written. Make room.")
    assert new.engine.unloaded.wait(10)
    assert model.loaded is old.engine


def test_a_change_may_be_given_up(model: Model[Any], states: States, old: Loader, new: Loader) -> None:
    kept: list[str] = []
    model.switch(new, then=lambda: kept.append("new"))
    assert new.began.wait(10)
    model.cancel()
    assert states.until(switching=False)["state"] == "ready"
    new.may_finish.set()
    assert model.loaded is old.engine
    assert kept == []


def test_the_latest_choice_counts(model: Model[Any], states: States, new: Loader) -> None:
    model.switch(new)
    assert new.began.wait(10)
    newest = Loader("newest")
    newest.may_finish.set()
    model.switch(newest)
    states.until(name="newest")
    new.may_finish.set()
    assert model.loaded is newest.engine


def test_where_none_is_loaded_and_the_new_one_fails_the_next_use_loads_what_was_chosen_before(
    model: Model[Any], states: States, old: Loader, new: Loader
) -> None:
    model.unload()
    new.failure = RuntimeError("No such model. Choose another.")
    new.may_finish.set()
    model.switch(new)
    assert states.until(state="failed")["error"] == "No such model. Choose another."
    with model.use() as engine:
        assert engine is old.engine


def test_unloading_gives_up_the_change_too(model: Model[Any], old: Loader, new: Loader) -> None:
    model.switch(new)
    assert new.began.wait(10)
    model.unload()
    new.may_finish.set()
    assert model.state is State.UNLOADED
    assert old.engine.unloaded.is_set()
    assert model.loaded is None
