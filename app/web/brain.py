"""The JSON API of the brain's server: which models it has, and trying it.

These make VOX ask an address that somebody typed. So that no page of another site can have it asked,
an address comes by POST only, which is guarded like everything that changes something.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, abort, request

from app.settings import BUILT_IN, check_address
from app.web import vox
from app.web.body import json_object, text_in
from app.web.leaving import ClientLeft

if TYPE_CHECKING:
    from app.llm.trial import Trial

bp = Blueprint("brain", __name__, url_prefix="/api/brain")

NONE_HERE = (
    "No language model's server was found on this machine. Start Ollama, LM Studio or llama.cpp's server, or "
    "give the address of another one."
)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/models")
def models() -> dict[str, Any]:
    """The models of the server that is set, else of one that runs on this machine."""
    settings = vox().settings
    if settings.llm_url == BUILT_IN:
        return {"url": BUILT_IN, "models": []}
    return _listed(settings.llm_url, settings.llm_key)


@bp.post("/models")
def models_at() -> dict[str, Any]:
    """The models of the server at ``url``. 502 with a sentence when it gives none."""
    url, key = _address()
    return _listed(url, key)


@bp.post("/test")
def test() -> dict[str, Any]:
    """Try the server at ``url`` with ``model``: whether it answers, its models, the first token's
    time, or what to do. Nothing is changed by it."""
    from app.llm.discovery import find_server
    from app.llm.trial import Trial, try_server

    url, key = _address()
    model = text_in(json_object(), "model")
    if url == BUILT_IN:
        abort(400, "The built-in model needs no server. Load it to try it.")
    if not url:
        found = find_server(model)
        if found is None:
            return _told(Trial(False, problem=NONE_HERE), url)
        url = found.url
    return _told(try_server(url, model, key, ClientLeft(request.environ)), url)


def _address() -> tuple[str, str]:
    """The address that was sent, and the key for it: the one that was sent with it, else the one
    that is kept for this server and no other. Raises SettingError."""
    body = json_object()
    url = text_in(body, "url")
    check_address(url, "url")
    return url, text_in(body, "key") or vox().store.key_for(url)


def _listed(url: str, key: str) -> dict[str, Any]:
    from app.engines import EngineError
    from app.llm.discovery import ask_server, find_server
    from app.llm.trial import LIST_SECONDS

    try:
        server = ask_server(url, "", key, LIST_SECONDS) if url else find_server()
    except EngineError as problem:
        abort(502, str(problem))
    if server is None:
        return {"url": "", "models": []}
    return {"url": server.url, "models": list(server.models)}


def _told(trial: Trial, url: str) -> dict[str, Any]:
    return {"ok": trial.ok, "url": url, **asdict(trial)}
