"""What a request to the API brings along."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from app.settings import option_name

#: Settings that may be a name as well as a path.
NAMES_OR_PATHS = frozenset({"voice", "stt", "chatterbox_dir"})

EXPECTED = 'Send a JSON object, such as {"when": "idle"}, with the Content-Type application/json.'


def json_object() -> dict[str, Any]:
    """The request's body, {} where there is none; aborts with 400 for anything but a JSON object."""
    if not request.get_data(cache=True):
        return {}
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400, EXPECTED)
    return body


def settings_asked_for() -> dict[str, Any]:
    """The body as settings to be changed. Aborts with 400 where one names a file or a folder: which
    files are opened is decided where VOX is started."""
    values = json_object()
    for name in NAMES_OR_PATHS & values.keys():
        value = values[name]
        if isinstance(value, str) and (set(value) & set("/\\:") or value.startswith(("~", "."))):
            abort(
                400, f"{name} cannot name a file or folder here. Start VOX with {option_name(name)} instead."
            )
    return values


def text_in(body: dict[str, Any], name: str, longest: int = 2000) -> str:
    """The text ``name`` of ``body``, "" where there is none; aborts with 400 for anything else."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        abort(400, f"{name} must be a text of at most {longest} characters.")
    return value.strip()
