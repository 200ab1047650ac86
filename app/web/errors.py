"""What a failed request is answered: JSON with a sentence for programs, the sentence alone else.

Bodies are bounded here too, before anything reads them.
"""

from __future__ import annotations

from flask import Flask, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

MEGABYTE = 1024 * 1024
#: Bytes that a request's body may have, unless ``allow_body`` says otherwise: sound comes over the
#: socket, so requests are small.
MAX_BODY = MEGABYTE
_ALLOWED = "MAX_BODY_BY_ENDPOINT"

#: For errors whose own description is werkzeug's, not ours.
SENTENCES = {
    400: "VOX could not make sense of that request.",
    404: "There is nothing at this address.",
    405: "That cannot be done at this address.",
    411: "VOX takes no body of unknown length: send a Content-Length.",
    413: "That is too much to send at once.",
    500: "Something went wrong inside VOX. It goes on running, and its log says what happened.",
}


def init_app(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config[_ALLOWED] = {}
    app.before_request(_refuse_large_body)
    app.register_error_handler(HTTPException, _answer)


def allow_body(app: Flask, endpoint: str, most: int) -> None:
    """Let requests to ``endpoint`` have bodies of up to ``most`` bytes."""
    app.config[_ALLOWED][endpoint] = most


def is_for_programs() -> bool:
    """Whether the current request is to the API or the socket, not to a page."""
    return request.path.startswith(("/api/", "/v1/"))


def _refuse_large_body() -> None:
    # Flask's own limit acts only when a view reads the body, and cannot know a chunked one's size.
    if "Transfer-Encoding" in request.headers:
        abort(411)
    most = current_app.config[_ALLOWED].get(request.endpoint, MAX_BODY)
    request.max_content_length = most
    if (request.content_length or 0) > most:
        abort(413, f"That is too much to send at once: it may have {most // MEGABYTE} MB at most.")


def _answer(error: HTTPException) -> Response:
    code = error.code or 500
    is_stock = error.description == type(error).description
    text = SENTENCES.get(code, error.name) if is_stock else error.description
    response = _sentence(text or error.name)
    response.status_code = code
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            response.headers.add(name, value)
    return response


def _sentence(text: str) -> Response:
    if is_for_programs():
        return jsonify(error=text)
    return Response(text + "\n", mimetype="text/plain")
