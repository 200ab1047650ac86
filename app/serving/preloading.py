"""Loading the models and opening the archive in the background, once the server answers."""

from __future__ import annotations

from flask import Flask

from app.web import vox

#: Importing an engine's libraries holds the interpreter for long moments. The first page and its
#: files come before that, these seconds after the address is known.
HEAD_START = 1.0


def preload(app: Flask) -> None:
    """Begin to open the archive, and to load every model, each in a thread of its own."""
    vox(app).archive.open_in_background()
    for model in vox(app).models:
        model.load(after=HEAD_START)
