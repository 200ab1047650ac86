"""The JSON API: what the models are doing, and loading and unloading them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, abort

from app import memory
from app.models import Model, ModelBusy
from app.web import vox

bp = Blueprint("api", __name__, url_prefix="/api")

#: Seconds that an unload waits for the sentence being spoken to end.
UNLOAD_PATIENCE = 2.0


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/status")
def status() -> dict[str, Any]:
    """Each model's state by its kind, and the memory in use in bytes."""
    return {"models": vox().models.snapshot(), "memory": memory.snapshot()}


@bp.post("/models/<kind>/load")
def load(kind: str) -> tuple[dict[str, Any], int]:
    """Begin to load one model; 202 with its state."""
    model = _model(kind)
    model.load()
    return model.snapshot(), 202


@bp.post("/models/<kind>/unload")
def unload(kind: str) -> tuple[dict[str, Any], int]:
    """Free one model's memory and no other's; 202 with its state, 409 while it is in use."""
    model = _model(kind)
    try:
        model.unload(timeout=UNLOAD_PATIENCE)
    except ModelBusy as busy:
        abort(409, str(busy))
    return model.snapshot(), 202


def _model(kind: str) -> Model[Any]:
    models: dict[str, Model[Any]] = {model.kind: model for model in vox().models}
    if kind not in models:
        abort(404, f"There is no model of that kind. There are: {', '.join(sorted(models))}.")
    return models[kind]
