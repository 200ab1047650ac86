"""A model that is ready, and another engine for it that loads when the test lets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.models import Model
from tests.models.loaders import Clock, Loader, States


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def old() -> Loader:
    loader = Loader("old")
    loader.may_finish.set()
    return loader


@pytest.fixture
def new() -> Iterator[Loader]:
    loader = Loader("new")
    yield loader
    loader.may_finish.set()


@pytest.fixture
def model(old: Loader, clock: Clock) -> Model[Any]:
    """One that is ready, with the old engine."""
    model: Model[Any] = Model("tts", old, clock)
    model.wait(10)
    return model


@pytest.fixture
def states(model: Model[Any]) -> States:
    return States(model)
