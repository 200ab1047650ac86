"""The JSON API of kept sound: hear or download a message or a whole conversation, and throw sound away."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Blueprint, Flask, Response, abort, request, send_file
from werkzeug.wsgi import FileWrapper

from app.archive import export
from app.archive.records import ConversationRecord, SpeechRecord
from app.keeping.files import SpeechFiles, limit_bytes
from app.web import vox

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

bp = Blueprint("speech", __name__, url_prefix="/api")

FORMATS = ("wav", "opus")

#: Bytes of one piece of an answer.
PIECE = 64 * 1024

GONE = "The sound of this is not kept, or not any more."


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    files = SpeechFiles.of(vox(app).settings)
    vox(app).archive.on_purged(lambda purged: files.discard(purged.speech))


@bp.get("/speech")
def space() -> dict[str, Any]:
    """Whether sound is kept, and the space that it takes and may take."""
    conversations, settings = vox().archive.conversations, vox().settings
    return {
        "keep": settings.keep_speech,
        "bytes": conversations.speech_total(),
        "limit_bytes": limit_bytes(settings),
        "messages": conversations.speech_count(),
    }


@bp.delete("/speech")
def throw_away() -> dict[str, Any]:
    """Throw all kept sound away; the words stay."""
    desk = vox().desk
    assert desk is not None
    desk.get().sounds.clear(vox().archive.conversations)
    return space()


@bp.get("/conversations/<conversation_id>/messages/<path:message_id>/speech")
def of_message(conversation_id: str, message_id: str) -> AnyResponse:
    """The sound of one message: ``format`` is wav or opus."""
    conversations = vox().archive.conversations
    conversation = conversations.find(conversation_id)  # also for the 404 of one that was deleted
    kept = conversations.speech(conversation_id, message_id)
    files = _files([kept] if kept else [])
    if _format() == "wav":
        return _wav(conversation, files)
    response = send_file(files[0], mimetype="audio/ogg", conditional=True)
    return _named(response, conversation, "ogg")


@bp.get("/conversations/<conversation_id>/speech")
def of_conversation(conversation_id: str) -> AnyResponse:
    """The sound of all its messages in order, as one file."""
    conversation, messages = vox().archive.conversations.whole(conversation_id)
    files = _files([message.speech for message in messages if message.speech])
    if _format() == "wav":
        return _wav(conversation, files)
    from app.keeping.joined import joined_opus

    return _named(Response(joined_opus(files), mimetype="audio/ogg"), conversation, "ogg")


def _format() -> str:
    wanted = request.args.get("format", "opus")
    if wanted not in FORMATS:
        abort(400, "Sound can be had with format=wav or format=opus.")
    return wanted


def _files(sounds: list[SpeechRecord]) -> list[Path]:
    """The files of ``sounds`` that are there; 404 where none is."""
    folder = SpeechFiles.of(vox().settings)
    paths = [folder.path(sound.conversation_id, sound.message_id) for sound in sounds]
    found = [path for path in paths if path.is_file()]
    if not found:
        abort(404, GONE)
    return found


def _wav(conversation: ConversationRecord, files: list[Path]) -> AnyResponse:
    from app.keeping.joined import JoinedWav

    wav = JoinedWav(files)
    response = Response(
        FileWrapper(cast("IO[bytes]", wav), PIECE), mimetype="audio/wav", direct_passthrough=True
    )
    response.content_length = wav.size
    newest = max(file.stat().st_mtime for file in files)
    response.last_modified = datetime.fromtimestamp(newest, timezone.utc)
    response.call_on_close(wav.close)
    _named(response, conversation, "wav")
    return response.make_conditional(request.environ, accept_ranges=True, complete_length=wav.size)


def _named(response: AnyResponse, conversation: ConversationRecord, extension: str) -> AnyResponse:
    """``response`` as a download, if that is wanted, and as what changes with the conversation."""
    if request.args.get("download"):
        name = export.file_name(conversation, extension)
        response.headers.set("Content-Disposition", "attachment", filename=name)
    response.cache_control.no_cache = True
    response.cache_control.private = True
    return response
