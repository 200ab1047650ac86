"""What many tests need: the offline pack's models, loaded once, and a server that talks with them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soxr

from app.assembly import assemble
from app.models import Models
from app.settings import Settings
from tests.served import Served, serve
from tests.sound import Recording

#: With these, tests that lack what they need fail instead of being skipped.
REQUIREMENTS = ("VOX_REQUIRE_BROWSER", "VOX_REQUIRE_POSTGRES")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests never see the VOX_* of whoever runs them, nor write to their data folder."""
    for name in [name for name in os.environ if name.startswith("VOX_") and name not in REQUIREMENTS]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))  # where data goes by default


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The offline pack, whatever else this machine has."""
    return Settings(
        tts="piper",
        llm_url="builtin",
        offline=True,
        max_reply_tokens=45,
        data_dir=tmp_path_factory.mktemp("data"),
    )


@pytest.fixture(scope="session")
def models(settings: Settings) -> Iterator[Models]:
    """The pack's three models, loaded."""
    models = assemble(settings)
    models.wait()
    yield models
    models.unload()


@pytest.fixture(scope="session")
def server(settings: Settings, models: Models) -> Iterator[Served]:
    """A server with the pack's models."""
    with serve(settings, models) as served:
        yield served


@pytest.fixture(scope="session")
def speech(models: Models) -> Callable[..., Recording]:
    """``speech(text, rate=24000)``: the pack's voice saying ``text``, float32 mono."""

    @cache
    def say(text: str, rate: int = 24_000) -> Recording:
        voice = models.tts.wait()
        pieces = list(voice.synthesize(text, None, threading.Event()))
        return np.asarray(soxr.resample(np.concatenate(pieces), voice.sample_rate, rate), dtype=np.float32)

    return say
