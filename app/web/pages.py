"""The page, and how the browser may keep its files."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, Flask, render_template

bp = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    # Windows may know .js as text/plain from its registry; a module of that type is not run.
    mimetypes.add_type("text/javascript", ".js")
    mimetypes.add_type("application/manifest+json", ".webmanifest")
    # "no-cache" with an ETag: the browser asks each time, and an update shows at once.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = None
    app.register_blueprint(bp)


@bp.get("/")
@bp.get("/c/<conversation_id>")
def index(conversation_id: str = "") -> str:  # noqa: ARG001
    """The page; it reads from its address which conversation to show, and says so if there is none."""
    return render_template("index.html")
