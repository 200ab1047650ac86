"""The JSON API of what was said: list, search, open, rename, delete, restore, export."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from typing import Any

from flask import Blueprint, Flask, Response, abort, jsonify, request, send_file

from app.archive import export
from app.archive.as_json import conversation_as_json, hit_as_json, message_as_shown
from app.archive.cleaning import clean_title
from app.archive.lazy import RETRY_AFTER
from app.archive.records import (
    ArchiveError,
    ArchiveUnavailable,
    BadCursor,
    UnknownConversation,
    UnknownMessage,
)
from app.web import vox

bp = Blueprint("conversations", __name__, url_prefix="/api/conversations")

#: Most conversations in one answer, and how many there are where the client does not say.
MAX_PAGE, PAGE = 200, 50
MAX_HITS, HITS = 100, 30

#: Longest name of a voice, in characters; which voices there are is not the archive's to know.
MAX_VOICE = 200

_CODES: dict[type[ArchiveError], int] = {
    ArchiveUnavailable: 503,
    UnknownConversation: 404,
    UnknownMessage: 404,
    BadCursor: 400,
}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_error_handler(ArchiveError, _answer)


@bp.get("")
def page() -> dict[str, Any]:
    """A piece of the list, newest first; ``next`` is where the piece after it begins, or null."""
    found = vox().archive.conversations.page(request.args.get("before"), _limit(PAGE, MAX_PAGE))
    return {
        "conversations": [conversation_as_json(record) for record in found.conversations],
        "next": found.next,
    }


@bp.get("/search")
def search() -> dict[str, Any]:
    """The conversations with the words ``q`` in their titles or messages."""
    hits = vox().archive.conversations.search(request.args.get("q", ""), _limit(HITS, MAX_HITS))
    return {"hits": [hit_as_json(hit) for hit in hits]}


@bp.get("/<conversation_id>")
def one(conversation_id: str) -> dict[str, Any]:
    """A conversation with all that was said."""
    conversation, messages = vox().archive.conversations.whole(conversation_id)
    return conversation_as_json(conversation) | {
        "messages": [message_as_shown(message) for message in messages]
    }


@bp.patch("/<conversation_id>")
def change(conversation_id: str) -> dict[str, Any]:
    """Give it another title or voice."""
    changes = _changes()
    conversations = vox().archive.conversations
    if "title" in changes:
        record = conversations.rename(conversation_id, changes["title"], own=True)
    if "voice" in changes:
        record = conversations.set_voice(conversation_id, changes["voice"])
    vox().conversations_changed(conversation_id)
    return conversation_as_json(record)


@bp.delete("/<conversation_id>")
def delete(conversation_id: str) -> tuple[str, int]:
    """Take it away; for a day it can be restored."""
    vox().archive.conversations.delete(conversation_id)
    vox().conversations_changed(conversation_id)
    return "", 204


@bp.post("/<conversation_id>/restore")
def restore(conversation_id: str) -> dict[str, Any]:
    """Bring back what was deleted."""
    record = vox().archive.conversations.restore(conversation_id)
    vox().conversations_changed(conversation_id)
    return conversation_as_json(record)


@bp.get("/<conversation_id>/export")
def export_one(conversation_id: str) -> Response:
    """The conversation as a file: ``format`` is markdown or json."""
    wanted = request.args.get("format", "markdown")
    if wanted not in ("markdown", "json"):
        abort(400, "A conversation can be exported with format=markdown or format=json.")
    conversation, messages = vox().archive.conversations.whole(conversation_id)
    if wanted == "json":
        content = export.as_json(conversation, messages, datetime.now(timezone.utc))
        extension, kind = "json", "application/json"
    else:
        content = export.as_markdown(conversation, messages)
        extension, kind = "md", "text/markdown"
    return send_file(
        io.BytesIO(content.encode()),
        mimetype=kind,
        as_attachment=True,
        download_name=export.file_name(conversation, extension),
    )


def _changes() -> dict[str, Any]:
    """The body of a PATCH, checked: ``title`` cleaned, ``voice`` a name or None."""
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or not given or not given.keys() <= {"title", "voice"}:
        abort(400, 'Send what is to change as JSON: {"title": "…"}, {"voice": "…"} or both.')
    if "title" in given:
        title = clean_title(given["title"]) if isinstance(given["title"], str) else ""
        if not title:
            abort(400, "A title needs at least one character that can be seen.")
        given["title"] = title
    if "voice" in given:
        voice = given["voice"]
        if voice is not None and (not isinstance(voice, str) or len(voice) > MAX_VOICE):
            abort(400, "voice must be a voice's name, or null for the default one.")
        given["voice"] = voice or None
    return given


def _limit(default: int, most: int) -> int:
    """How many the client wants: ``default`` where it does not say, ``most`` where it wants more."""
    raw = request.args.get("limit", "")
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and 1 <= len(raw) <= 9 and int(raw) > 0):
        abort(400, "limit must be a whole number above 0.")
    return min(int(raw), most)


def _answer(error: ArchiveError) -> Response:
    response = jsonify(error=str(error))
    response.status_code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), 500)
    if response.status_code == 503:
        response.headers["Retry-After"] = str(int(RETRY_AFTER))
    return response
