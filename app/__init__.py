"""VOX: a voice conversation in a browser tab, on the person's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.models import Models
    from app.settings import Settings


def create_app(settings: Settings | None = None, models: Models | None = None) -> Flask:
    """The web application. It answers at once: nothing is loaded before it is asked for.

    Without ``settings`` those of the environment are taken, and the models are the process's own,
    the ones that ``generate_tts_wav`` speaks with. Raises SettingError.
    """
    # Imported here so that `from app.tts import …` costs a program no web framework.
    from flask import Flask

    from app import assembly, web
    from app.archive.lazy import LazyArchive
    from app.settings import Settings
    from app.settings_store import SettingsStore
    from app.web import (
        api,
        brain,
        conversations,
        errors,
        pages,
        realtime,
        security,
        server_settings,
        speech,
        voices,
    )

    store = SettingsStore(security.with_token(settings or Settings.from_environment()))
    if models is None:
        models = assembly.shared_models() if settings is None else assembly.assemble(lambda: store.current)

    app = Flask(__name__, static_folder=_folder("static"), template_folder=_folder("templates"))
    app.extensions["vox"] = web.Vox(store, models, LazyArchive(store.current))
    for part in (
        security,
        errors,
        server_settings,
        pages,
        api,
        brain,
        realtime,
        voices,
        conversations,
        speech,
    ):
        part.init_app(app)
    return app


def _folder(name: str) -> str:
    """``static`` or ``templates``: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / name
    return str(packaged if packaged.is_dir() else package.parent / name)
