"""The JSON API of the voice library: add, hear, rename, delete voices, and choose the default one."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, request, send_file
from werkzeug.exceptions import HTTPException

from app.models import ModelNotReady, State
from app.settings import SettingError, Settings
from app.voices import listing
from app.voices.library import UnknownVoice, VoiceLibrary, VoiceRefused
from app.voices.record import BadName, is_voice_id
from app.web import Vox, vox
from app.web.errors import MEGABYTE, allow_body
from app.web.leaving import ClientLeft

if TYPE_CHECKING:
    from app.engines import Synthesizer

log = logging.getLogger(__name__)

bp = Blueprint("voices", __name__, url_prefix="/api/voices")

#: Bytes of a recording's upload: five minutes of stereo at 48 kHz, 16 bits, are 55 MB.
MAX_UPLOAD = 64 * MEGABYTE
#: Characters of a text to preview a voice with, and the one to take where none is given.
LONGEST_PREVIEW = 300
PREVIEW = "Hello. This is how I sound when I answer you."

#: One recording is taken in at a time: each may take a hundred megabytes while it is decoded.
_taking_in = threading.Lock()


class DiskProblem(HTTPException):
    """The disk does not let the library be changed."""

    code = 507

    def __init__(self, problem: OSError) -> None:
        reason = problem.strerror or str(problem)
        log.error("The voice library could not be changed: %s", problem)
        super().__init__(
            f"The voices in {vox().settings.data_dir / 'voices'} cannot be changed ({reason}). Make room "
            "there, or give VOX the right to write, then try again."
        )


def init_app(app: Flask) -> None:
    state = vox(app)
    state.library = VoiceLibrary(state.settings.data_dir / "voices")
    allow_body(app, "voices.add", MAX_UPLOAD)
    app.register_blueprint(bp)
    _follow_default(state)


def _follow_default(state: Vox) -> None:
    """Keep the engine's default voice what the settings say, also when either has just changed; and tell
    the open pages of another one."""
    told = [state.settings.voice]

    def settings_changed(settings: Settings) -> None:
        follow(settings)
        if settings.voice != told[0]:
            told[0] = settings.voice
            state.voices_changed()

    def follow(settings: Settings) -> None:
        if (engine := state.models.tts.loaded) is not None:
            engine.default_voice = settings.voice

    state.store.subscribe(settings_changed)
    state.models.tts.subscribe(lambda _: follow(state.settings))


@bp.get("")
def list_all() -> dict[str, Any]:
    """All voices, and the id of the default one, "" where that is not among them."""
    found = listing.voices(_library(), vox().models.tts, vox().settings.voice)
    return {
        "voices": [dataclasses.asdict(voice) for voice in found],
        "default": next((voice.id for voice in found if voice.is_default), ""),
    }


@contextmanager
def _problems_told() -> Iterator[None]:
    """What the library cannot do, as HTTP says it."""
    try:
        yield
    except UnknownVoice:
        abort(404, UNKNOWN)
    except BadName as problem:
        abort(400, str(problem))
    except VoiceRefused as problem:
        abort(409, str(problem))
    except OSError as problem:
        raise DiskProblem(problem) from problem


@bp.post("")
def add() -> tuple[dict[str, Any], int]:
    """Keep a recording as a voice; 201 with the voice and a remark, 400 with what is wrong with it."""
    from app.stt.recordings import BadRecording
    from app.voices import intake

    if request.form.get("permission") != "true":
        abort(400, "Confirm that this is your own voice, or that its owner allows you to use it.")
    upload = request.files.get("file")
    if upload is None:
        abort(400, "There is no recording in this request. Record something, or choose a file.")
    with _problems_told():
        try:
            with _taking_in:
                taken = intake.take_in(upload.read())
        except BadRecording as problem:
            abort(400, str(problem))
        record = _library().add(request.form.get("name", ""), taken)
    vox().voices_changed()
    return {"voice": _listed(record.id), "remark": taken.remark}, 201


@bp.patch("/<voice_id>")
def change(voice_id: str) -> dict[str, Any]:
    """Give a recorded voice another name."""
    name = _body().get("name")
    if not isinstance(name, str):
        abort(400, "Give the voice a name.")
    with _problems_told():
        _library().rename(voice_id, name)
    vox().voices_changed()
    return _listed(voice_id)


@bp.delete("/<voice_id>")
def delete(voice_id: str) -> tuple[str, int]:
    """Remove a recorded voice for good; who speaks with it speaks with the default voice from now on."""
    with _problems_told():
        _library().delete(voice_id)
        vox().voices_changed()
        if vox().settings.voice == voice_id and not vox().store.why_fixed("voice"):
            vox().store.change({"voice": None})
    return "", 204


@bp.post("/<voice_id>/default")
def make_default(voice_id: str) -> dict[str, Any]:
    """Have the voice speak wherever no other was chosen; 409 where VOX was started with one."""
    voice = _listed(voice_id)
    try:
        vox().store.change({"voice": voice_id})
    except SettingError as problem:
        abort(409, str(problem))
    except OSError as problem:
        raise DiskProblem(problem) from problem
    return voice | {"is_default": True}


@bp.get("/<voice_id>/recording")
def recording(voice_id: str) -> Response:
    """The recording of a voice as it is kept (FLAC); a part of it where a range is asked for."""
    path = _library().recording(voice_id)
    if path is None:
        abort(404, UNKNOWN)
    name = f"{_library().find(voice_id).name}.flac"
    return send_file(path, "audio/flac", as_attachment=True, download_name=name, conditional=True)


@bp.post("/<voice_id>/preview")
def preview(voice_id: str) -> Response | tuple[str, int]:
    """A sentence spoken with the voice, as a WAV file; it is given up when the client leaves."""
    from app.engines import EngineError
    from app.tts.speech import GenerationStopped, spoken_wav

    text = _preview_text()
    tts = vox().models.tts
    stop = ClientLeft(request.environ)
    _check_exists(voice_id, tts.loaded)
    if tts.state is not State.READY:
        abort(503, "The voice is not loaded yet. Load it under Models, or wait a moment, then try again.")
    try:
        with tts.use(stop) as synthesizer:
            _check_can_speak(voice_id, synthesizer)
            wav = spoken_wav(text, synthesizer, voice_id, stop)
    except GenerationStopped:
        return "", 204
    except ValueError as problem:
        abort(400, str(problem))
    except (EngineError, ModelNotReady) as problem:
        abort(503, str(problem))
    return Response(wav, mimetype="audio/wav")


def _preview_text() -> str:
    text = _body().get("text") or PREVIEW
    if not isinstance(text, str):
        abort(400, "The text to speak must be a text.")
    if len(text) > LONGEST_PREVIEW:
        abort(400, f"That text is too long for a preview. It may have {LONGEST_PREVIEW} characters.")
    return text


def _check_exists(voice_id: str, engine: Synthesizer | None) -> None:
    """404 unless there is such a voice; a name may be an engine's that is not loaded."""
    if _library().recording(voice_id) is not None:
        return
    if is_voice_id(voice_id) or (engine is not None and voice_id not in engine.voices):
        abort(404, UNKNOWN)


def _check_can_speak(voice_id: str, engine: Synthesizer) -> None:
    if voice_id not in engine.voices:
        abort(409, _listed(voice_id)["why_not"] or UNKNOWN)


def _listed(voice_id: str) -> dict[str, Any]:
    voices: list[dict[str, Any]] = list_all()["voices"]
    found = next((voice for voice in voices if voice["id"] == voice_id), None)
    if found is None:
        abort(404, UNKNOWN)
    return found


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _library() -> VoiceLibrary:
    library = vox().library
    assert library is not None
    return library


UNKNOWN = "There is no such voice. It may have been deleted."
