"""The JSON API of the server's settings: every one with its source, and changing those that may change."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask

from app.serving import logs
from app.settings import SettingError, Settings
from app.settings_store import SettingsFixed, same_server
from app.web import Vox, vox
from app.web.body import settings_asked_for

bp = Blueprint("settings", __name__, url_prefix="/api/settings")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_error_handler(SettingError, _answer)
    state = vox(app)
    for problem in state.store.problems:
        app.logger.warning("%s", problem)

    def apply(settings: Settings) -> None:
        logs.hide(settings.llm_key)
        _set_temperature(state, settings)
        _forget_key(state, settings)

    state.store.subscribe(apply)
    apply(state.settings)


@bp.get("")
def every() -> dict[str, Any]:
    """All settings; of a secret one only whether it is set."""
    store = vox().store
    current, sources = store.current, store.sources()
    return {
        "settings": [_as_json(setting, current, sources) for setting in dataclasses.fields(Settings)],
        "file": str(store.path),
        "problems": list(store.problems),
    }


@bp.patch("")
def change() -> dict[str, Any] | tuple[dict[str, Any], int]:
    """Change some, all or none; null goes back to the default. 409 for one that is fixed."""
    store = vox().store
    try:
        store.change(settings_asked_for())
    except OSError as problem:
        sentence = (
            f"The settings could not be written to {store.path} ({problem.strerror or problem}). Make room "
            "there, or see to it that VOX may write there, then try again."
        )
        return {"error": sentence}, 507
    return every()


def _answer(problem: SettingError) -> tuple[dict[str, Any], int]:
    return {"error": str(problem)}, 409 if isinstance(problem, SettingsFixed) else 400


def _as_json(setting: dataclasses.Field[Any], current: Settings, sources: dict[str, str]) -> dict[str, Any]:
    value = getattr(current, setting.name)
    secret = setting.metadata["secret"]
    why_fixed = vox().store.why_fixed(setting.name)
    return {
        "name": setting.name,
        "value": None if secret else str(value) if isinstance(value, Path) else value,
        "source": sources[setting.name],
        "meaning": setting.metadata["meaning"],
        "choices": list(setting.metadata["choices"]),
        "between": list(setting.metadata["between"] or ()),
        "fixed": bool(why_fixed),
        "why_fixed": why_fixed,
        "secret": secret,
        "is_set": bool(value) if secret else sources[setting.name] != "default",
        **({"kept_for": vox().store.key_kept_for} if setting.name == "llm_key" else {}),
    }


def _set_temperature(state: Vox, settings: Settings) -> None:
    """A brain that is loaded takes a new temperature from its next answer on."""
    brain = state.models.llm.loaded
    if brain is not None and hasattr(brain, "temperature"):
        brain.temperature = settings.llm_temperature if settings.llm_temperature >= 0 else None


def _forget_key(state: Vox, settings: Settings) -> None:
    """A brain that is loaded sends no key any more that was taken from the settings."""
    brain = state.models.llm.loaded
    if settings.llm_key or brain is None or not hasattr(brain, "forget_key"):
        return
    if same_server(brain.device, settings.llm_url):  # else it is about to be changed for another
        brain.forget_key()
