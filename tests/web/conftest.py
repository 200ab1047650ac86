"""Applications for tests of the web that need no model's work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.settings import Settings


@pytest.fixture
def app_with() -> Callable[..., Flask]:
    """``app_with(host="0.0.0.0", …)``: an application of those settings, its models unloaded."""

    def make(**settings: Any) -> Flask:
        return create_app(Settings(offline=True, **settings))

    return make


@pytest.fixture
def client(app_with: Callable[..., Flask]) -> FlaskClient:
    """A browser, so to speak, at VOX on 127.0.0.1."""
    return app_with().test_client()
