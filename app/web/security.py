"""Who may use VOX: the Host, Origin and token checks, and the headers of every answer.

Every request passes three gates, in this order, before any view, static files included.

1. **Host** (400). The Host header must be a name of this server: localhost, 127.0.0.1, [::1], the
   address it is bound to, or one of ``allowed_hosts``. Bound to all addresses, any literal IP
   address and the machine's own name are names of it too. A page of another site that has its
   own name point here (DNS rebinding) sends that name, and is refused. Ports are not compared,
   so that a forwarded port works. Forwarded headers are never read.
2. **Origin** (403), where a request changes something or opens the socket. Browsers send Origin
   with both, and no script can forge it: it must be exactly the scheme, host and port that the
   request was made to. "null" and prefixes are refused. Where the browser says
   ``Sec-Fetch-Site``, a request that changes something must be same-origin by that as well. A
   request without Origin comes from a program, not from a page, and goes on to the third gate.
   A name in ``allowed_hosts`` may be a proxy's that adds TLS, so its Origin may be https.
3. **Token** (401). Needed when one is set, and always when bound to anything but loopback. A
   person opens ``/?token=…`` once or types it into the sign-in page, and gets a cookie; a program
   sends ``Authorization: Bearer …``; a browser's socket may offer the subprotocol
   ``openai-insecure-api-key.…``, as OpenAI's own clients do. Static files need none: they are
   VOX's published source, and the sign-in page uses them. One address may try ten different
   wrong tokens a minute.

Sources: Fetch Metadata (W3C) and Filippo Valsorda, "Cross-Site Request Forgery" (2025), whose
algorithm also guards datasette and Go's net/http; OWASP's cheat sheets on DNS rebinding and
WebSockets; RFC 6454 (Origin), RFC 6750 (Bearer), RFC 9110 (Host).
"""

from __future__ import annotations

import dataclasses
import hmac
import ipaddress
import re
import secrets
import socket

from flask import Flask, Response, abort, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.settings import Settings
from app.web import vox
from app.web.errors import is_for_programs
from app.web.guesses import Guesses

COOKIE = "vox_token"
SUBPROTOCOL = "openai-insecure-api-key."
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?", re.ASCII)

#: The endpoint of VOX's one page, and the addresses that it has.
PAGE = "pages.index"
_PAGES = re.compile(r"/(c/[\w-]+)?", re.ASCII)

UNKNOWN_HOST = (
    "VOX does not answer to that name. Open it by the address it printed at start, "
    "or list the name in VOX_ALLOWED_HOSTS."
)
FOREIGN_ORIGIN = "That request came from a page of another site, and only VOX's own page may do this."
TOKEN_NEEDED = (
    "VOX needs its token here. Open the link it printed at start, or send the token as "
    "'Authorization: Bearer …' (the api_key of an OpenAI client)."
)
TOO_MANY_GUESSES = "Too many wrong tokens. Wait a minute, then use the link that VOX printed at start."


def init_app(app: Flask) -> None:
    gate = Gate(vox(app).settings)
    app.before_request(gate.check)
    app.after_request(add_headers)
    app.add_url_rule("/sign-in", view_func=gate.sign_in, methods=["POST"])


def with_token(settings: Settings) -> Settings:
    """``settings``, with a token made where one is needed and none is set."""
    if settings.token or is_loopback(settings.host):
        return settings
    return dataclasses.replace(settings, token=secrets.token_urlsafe(32))


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be reached from this machine. Of names only localhost counts:
    where another points is for a name server to say."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str | None:
    """The host of a Host header without its port, in one canonical form; None if malformed."""
    match = _HOST.fullmatch(header.lower())
    if match is None or int(match[2] or 1) > 65535:
        return None
    return _canonical(match[1])


def _canonical(name: str) -> str | None:
    """``name`` as a Host header has it: IPv6 in brackets and shortened; None for a bad address."""
    if not name.startswith("["):
        return name
    try:
        return f"[{ipaddress.IPv6Address(name[1:-1])}]"
    except ValueError:
        return None


class Gate:
    """The three checks, for one server's settings."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token
        self._proxied = _hosts_in(settings.allowed_hosts)
        self._on_every_address = settings.host in ("", "0.0.0.0", "::")
        self._names = LOOPBACK_NAMES | self._proxied | _names_of(settings.host)
        self._guesses = Guesses()

    def check(self) -> AnyResponse | None:
        """Let the current request in (None), answer it, or abort with 400, 401, 403 or 429."""
        host = host_name(request.headers.get("Host", ""))
        if host is None or not self._answers_to(host):
            abort(400, UNKNOWN_HOST)
        g.host_is_ours = True
        if not self._origin_may(host):
            abort(403, FOREIGN_ORIGIN)
        if request.endpoint == PAGE and "token" in request.args:
            return self._signed_in(request.args["token"], request.path)
        if self._is_open_to_all() or self._is_token(_presented_token()):
            return None
        return self._ask_for_token()

    def sign_in(self) -> AnyResponse:
        """The sign-in form's answer: the cookie and the page it was for, or the form again."""
        return self._signed_in(request.form.get("token", "").strip(), request.form.get("page", "/"))

    def _answers_to(self, host: str) -> bool:
        return host in self._names or (self._on_every_address and _is_ip_literal(host))

    def _origin_may(self, host: str) -> bool:
        opens_socket = request.path.startswith("/v1/") or "Upgrade" in request.headers
        if request.method in SAFE_METHODS and not opens_socket:
            return True
        # Not asked of sockets: they always have an Origin, and browsers disagree on what site
        # ws:// is of.
        if not opens_socket and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        schemes = ("http", "https") if host in self._proxied else (request.scheme,)
        return origin in {f"{scheme}://{request.headers['Host'].lower()}" for scheme in schemes}

    def _is_open_to_all(self) -> bool:
        return not self._token or request.endpoint in ("static", "sign_in")

    def _is_token(self, presented: str) -> bool:
        """Whether ``presented`` is the token, when there is one. Aborts with 429 after many guesses."""
        address = request.remote_addr or ""
        if not presented:
            return False
        if self._guesses.are_too_many(address, presented):
            abort(429, TOO_MANY_GUESSES)
        if hmac.compare_digest(presented.encode(), self._token.encode()):
            return True
        self._guesses.note(address, presented)
        return False

    def _signed_in(self, presented: str, page: str) -> AnyResponse:
        """To the page by its clean address, so that the token stays out of history and logs."""
        page = _page_of_ours(page)
        if self._token and not self._is_token(presented):
            return self._ask_for_token(page)
        answer = redirect(page, 303)
        if self._token:
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="Strict", secure=request.is_secure)
        return answer

    def _ask_for_token(self, page: str = "") -> Response:
        if is_for_programs():
            abort(401, TOKEN_NEEDED)
        page = _page_of_ours(page or request.path)
        answer = make_response(render_template("sign_in.html", page=page), 401)
        # With no referrer at all a browser sends the form's Origin as "null", which is nobody's.
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer


def add_headers(response: Response) -> Response:
    """The headers of every answer: nothing from elsewhere, nothing inline, nothing guessed."""
    headers = response.headers
    headers["Content-Security-Policy"] = _content_security_policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers["Permissions-Policy"] = (
        "microphone=(self), camera=(), geolocation=(), display-capture=(), payment=(), usb=(), "
        "serial=(), hid=(), midi=()"
    )
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if response.status_code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="VOX"'
    headers.setdefault("Cache-Control", "no-store")
    return response


def _content_security_policy() -> str:
    # Older Safari does not count ws:// of the same host as 'self'. A refused Host is not repeated.
    host = request.headers.get("Host", "").lower()
    sockets = f" ws://{host} wss://{host}" if "host_is_ours" in g else ""
    return (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; media-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _page_of_ours(path: str) -> str:
    """``path`` where it is one of VOX's pages, else "/": a form may send anything."""
    return path if _PAGES.fullmatch(path) else "/"


def _names_of(bound: str) -> frozenset[str]:
    """The Host names of a server bound to ``bound``."""
    if bound in ("", "0.0.0.0", "::"):
        name = socket.gethostname().lower()
        short = name.partition(".")[0]
        return frozenset({name, short, f"{short}.local"})
    if ":" in bound:
        return frozenset({_canonical(f"[{bound.lower()}]") or ""}) - {""}
    return frozenset({bound.lower()})


def _hosts_in(names: str) -> frozenset[str]:
    """The Host names in a comma-separated list; with a port or a scheme they are understood too."""
    stripped = (re.sub(r"^https?://|/+$", "", name.strip().lower()) for name in names.split(","))
    return frozenset(host for host in map(host_name, stripped) if host)


def _is_ip_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _presented_token() -> str:
    """The token that the current request shows, or ""."""
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return bearer.strip()
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(SUBPROTOCOL):
            return offered.strip().removeprefix(SUBPROTOCOL)
    return request.cookies.get(COOKIE, "")
