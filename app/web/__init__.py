"""The web: pages, the JSON API, the socket, and who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app

from app.models import Models
from app.settings import Settings

if TYPE_CHECKING:
    from app.web.news import ModelNews
    from app.web.sockets import SocketSessions


@dataclass
class Vox:
    """What the parts of one application share; ``app.extensions["vox"]``."""

    settings: Settings
    models: Models
    #: The open sockets; set by ``realtime.init_app``.
    sessions: SocketSessions | None = None
    #: Tells the open sockets of the models; set by ``realtime.init_app``.
    news: ModelNews | None = None


def vox(app: Flask | None = None) -> Vox:
    """The Vox of ``app``, or of the application that answers the current request."""
    found = (app or current_app).extensions["vox"]
    assert isinstance(found, Vox)
    return found
