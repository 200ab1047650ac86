"""Loading the models and opening the archive in the background, once the server answers."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module

from flask import Flask

from app import garbage, threads
from app.engines import Transcriber
from app.models import Model, ModelNotReady
from app.web import vox

#: Importing an engine's libraries holds the interpreter for long moments. The first page and its
#: files come before that, these seconds after the address is known.
HEAD_START = 1.0


def preload(app: Flask) -> None:
    """Begin to open the archive, and to load every model, each in a thread of its own, and then what else a
    first conversation needs."""
    vox(app).archive.open_in_background()
    for model in vox(app).models:
        model.load(after=HEAD_START)
    threads.begin(partial(_get_ready, vox(app).models.stt), "get-ready")


def _get_ready(transcriber: Model[Transcriber]) -> None:
    """Load what a conversation takes, and the small networks that listen to an open microphone, so that the
    first person who talks need not wait for them; after ``transcriber``, which is needed sooner."""
    from app.conversation.rehearsal import rehearse
    from app.stt.end_of_turn import end_of_turn
    from app.stt.silero import silero

    with suppress(ModelNotReady):
        transcriber.wait()
    silero()
    end_of_turn()
    import_module("app.web.dialogue")
    rehearse()
    garbage.collect()
