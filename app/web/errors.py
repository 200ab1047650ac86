"""What a failed request is answered: JSON with a sentence for programs, the sentence alone else.

Bodies are bounded here too, before anything reads them.
"""

from __future__ import annotations

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

#: Bytes that a request's body may have; sound comes over the socket, so requests are small.
MAX_BODY = 1024 * 1024

#: For errors whose own description is werkzeug's, not ours.
SENTENCES = {
    400: "VOX could not make sense of that request.",
    404: "There is nothing at this address.",
    405: "That cannot be done at this address.",
    411: "VOX takes no body of unknown length: send a Content-Length.",
    413: "That is too much to send at once: a request may have 1 MB at most.",
    500: "Something went wrong inside VOX. It goes on running, and its log says what happened.",
}


def init_app(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.before_request(_refuse_large_body)
    app.register_error_handler(HTTPException, _answer)


def is_for_programs() -> bool:
    """Whether the current request is to the API or the socket, not to a page."""
    return request.path.startswith(("/api/", "/v1/"))


def _refuse_large_body() -> None:
    # Flask's own limit acts only when a view reads the body, and cannot know a chunked one's size.
    if "Transfer-Encoding" in request.headers:
        abort(411)
    if (request.content_length or 0) > MAX_BODY:
        abort(413)


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
