"""The JSON API of the models: what they are doing, loading, unloading and changing them, and the memory."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort, jsonify, make_response, request

from app import hub, memory, memory_history
from app.models import Model, ModelBusy
from app.models.idle import IdleWatch
from app.settings import Settings
from app.switching import Switching
from app.web import vox
from app.web.body import json_object, settings_asked_for

bp = Blueprint("api", __name__, url_prefix="/api")

#: Seconds that an unload waits for the sentence being spoken to end, and for one that it stopped.
UNLOAD_PATIENCE = 2.0
STOP_PATIENCE = 10.0

#: What can be done about a model that is in use.
WHEN = ("idle", "now")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    state = vox(app)
    state.switching = Switching(state.store)
    idle = IdleWatch(state.models, lambda: state.settings)

    def settings_changed(settings: Settings) -> None:  # noqa: ARG001
        idle.settings_changed()

    def watch_memory() -> None:
        # From the first page on: before that, nobody can be shown it.
        if request.path == "/" or request.path.startswith(f"{bp.url_prefix}/"):
            memory_history.of_this_process().start()

    idle.settings_changed()
    state.store.subscribe(settings_changed)
    app.before_request(watch_memory)


@bp.get("/status")
def status() -> dict[str, Any]:
    """Each model's state by its kind, and the memory in use in bytes."""
    return {"models": vox().models.snapshot(), "memory": memory.snapshot()}


@bp.get("/memory")
def memory_over_time() -> dict[str, Any]:
    """The memory in use now, and that of the last minutes."""
    return {"now": memory.snapshot(), "history": memory_history.of_this_process().as_dict()}


@bp.post("/models/<kind>/load")
def load(kind: str) -> tuple[dict[str, Any], int]:
    """Begin to load one model, or keep one that was to go; 202 with its state."""
    model = _model(kind)
    model.load()
    return model.snapshot(), 202


@bp.post("/models/<kind>/unload")
def unload(kind: str) -> tuple[dict[str, Any], int]:
    """Free one model's memory and no other's; 202 with its state, 409 while it is in use. Then
    ``when`` says what to do: "idle" waits until it is free, "now" ends what it is used for."""
    model = _model(kind)
    when = json_object().get("when")
    if when is not None and when not in WHEN:
        abort(400, 'when must be "idle" (as soon as nobody uses it) or "now" (stopping what uses it).')
    in_use = model.snapshot()["in_use"]
    try:
        if when == "idle":
            model.unload_when_free()
        elif when == "now":
            model.unload_now(timeout=STOP_PATIENCE)
        else:
            model.unload(timeout=UNLOAD_PATIENCE)
    except ModelBusy as busy:
        abort(make_response(jsonify(error=str(busy), in_use=in_use, when=list(WHEN)), 409))
    return model.snapshot(), 202


@bp.post("/models/<kind>/cancel")
def cancel(kind: str) -> tuple[dict[str, Any], int]:
    """Give up what is under way or waited for: a load, a switch, an unload; 202 with its state."""
    model = _model(kind)
    model.cancel()
    return model.snapshot(), 202


@bp.post("/models/<kind>/switch")
def switch(kind: str) -> tuple[dict[str, Any], int]:
    """Change one model for another, chosen by settings ({"stt": "small"}); 202 with its state. What
    is there goes on until the other is loaded, and stays if that cannot be."""
    model, switching = _model(kind), vox().switching
    assert switching is not None
    switching.switch(model, settings_asked_for())
    return model.snapshot(), 202


@bp.get("/models/<kind>/choices")
def choices(kind: str) -> dict[str, Any]:
    """What the model can be changed for, by the settings that choose it."""
    from app.stt import offered as offered_ears
    from app.tts import offered as offered_voices

    _model(kind)
    settings = vox().settings
    if kind == "stt":
        return {"stt": _with_downloads(offered_ears.offered(settings))}
    if kind == "llm":
        abort(404, "The brain's models are its server's: GET /api/brain/models.")
    return {
        "tts": _with_downloads(offered_voices.offered(settings)),
        "chatterbox_precision": offered_voices.precisions(),
    }


def _with_downloads(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with whether it may be downloaded if it is not here."""
    downloadable = hub.may_download(offline=vox().settings.offline)
    return [choice | {"downloadable": downloadable} for choice in choices]


def _model(kind: str) -> Model[Any]:
    models: dict[str, Model[Any]] = {model.kind: model for model in vox().models}
    if kind not in models:
        abort(404, f"There is no model of that kind. There are: {', '.join(sorted(models))}.")
    return models[kind]
