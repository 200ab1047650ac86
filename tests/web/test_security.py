"""Who is let in: a list of hostile cases, and of honest ones beside them."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ, run_wsgi_app

from app.web.security import COOKIE, is_loopback

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

#: What the socket's address answers a request that all gates let pass but that is no handshake.
LET_IN = 426


@pytest.fixture
def open_client(app_with: Callable[..., Flask]) -> FlaskClient:
    """A browser at a VOX that listens on every address and so asks for TOKEN."""
    return app_with(host="0.0.0.0", token=TOKEN).test_client()


PATHS = ["/", "/api/status", "/v1/realtime", "/static/sign-in.css", "/nothing/here"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5000",
        "localhost.evil",
        "localhost.evil:5000",
        "evil.localhost",
        "127.0.0.1.evil",
        "127.0.0.1.evil.example:5000",
        "127.0.0.2",
        "192.168.1.7",
        "2130706433",
        "0x7f.1",
        "127.1",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "[localhost]",
        "[::1%25lo]",
        "localhost.",
        "localhost:",
        "localhost:port",
        "localhost:99999",
        "localhost:5000:5000",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil",
        "localhost, evil.example",
        "localhost evil",
        " localhost",
        "lоcalhost",  # its second letter is Cyrillic
        ".localhost",
        "",
    ],
)
def test_a_host_that_is_not_ours_is_refused_everywhere(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert "evil" not in answer.headers["Content-Security-Policy"]


def test_a_request_without_a_host_is_refused(app_with: Callable[..., Flask]) -> None:
    environ = create_environ("/api/status")
    del environ["HTTP_HOST"]
    assert run_wsgi_app(app_with(), environ)[1].startswith("400")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5000",
        "LocalHost:5000",
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]",
        "[::1]:5000",
        "[0:0:0:0:0:0:0:1]:5000",
    ],
)
def test_every_name_of_this_machine_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/api/status", headers={"Host": host}).status_code == 200


def test_forwarded_headers_are_not_believed(client: FlaskClient) -> None:
    lies = {"X-Forwarded-Host": "localhost", "Forwarded": "host=localhost", "Host": "evil.example"}
    assert client.get("/api/status", headers=lies).status_code == 400
    lies = {"X-Forwarded-Proto": "https", "Host": "localhost", "Origin": "https://localhost"}
    assert client.get("/v1/realtime", headers=lies).status_code == 403


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("192.168.1.7", "192.168.1.7:5000", 200),
        ("192.168.1.7", "localhost:5000", 200),
        ("192.168.1.7", "192.168.1.8:5000", 400),
        ("192.168.1.7", "192.168.1.7.evil", 400),
        ("fe80::1", "[fe80::1]:5000", 200),
        ("FE80:0::1", "[fe80::1]:5000", 200),
        ("fe80::1", "[fe80::2]:5000", 400),
        ("0.0.0.0", "192.168.1.7:5000", 200),
        ("0.0.0.0", "[fe80::1]:5000", 200),
        ("::", "10.0.0.3", 200),
        ("0.0.0.0", "evil.example", 400),
        ("0.0.0.0", "192.168.1.7.evil", 400),
        ("0.0.0.0", "300.168.1.7", 400),
        ("0.0.0.0", "2130706433", 400),
        ("0.0.0.0", socket.gethostname(), 200),
        ("vox.example", "vox.example:5000", 200),
        ("vox.example", "sub.vox.example:5000", 400),
    ],
)
def test_names_of_a_server_that_other_machines_reach(
    app_with: Callable[..., Flask], bound: str, host: str, status: int
) -> None:
    client = app_with(host=bound, token=TOKEN).test_client()
    assert client.get("/api/status", headers={"Host": host, **BEARER}).status_code == status


def test_a_name_that_was_allowed_is_answered_and_may_have_tls_before_it(
    app_with: Callable[..., Flask],
) -> None:
    client = app_with(allowed_hosts="vox.example, https://Talk.Example:8443/").test_client()
    for host in ("vox.example", "talk.example:8443"):
        for scheme in ("http", "https"):
            headers = {"Host": host, "Origin": f"{scheme}://{host}"}
            assert client.get("/v1/realtime", headers=headers).status_code == LET_IN
    assert client.get("/", headers={"Host": "a.vox.example"}).status_code == 400


HOSTILE_ORIGINS = [
    "http://evil.example",
    "http://evil.example:5000",
    "https://localhost:5000",
    "http://localhost",
    "http://localhost:5001",
    "http://localhost:50000",
    "http://127.0.0.1:5000",
    "http://localhost:5000.evil.example",
    "http://localhost:5000@evil.example",
    "http://evil.example/http://localhost:5000",
    "http://localhost:5000/",
    "http://localhost:5000, http://evil.example",
    "http://localhost.evil:5000",
    "http://evil-localhost:5000",
    "ws://localhost:5000",
    "localhost:5000",
    "null",
    "file://",
    "chrome-extension://abcdefgh",
    "",
]


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_a_page_of_another_origin_may_not_change_anything(client: FlaskClient, origin: str) -> None:
    headers = {"Host": "localhost:5000", "Origin": origin}
    for path in ("/api/models/tts/load", "/api/models/tts/unload", "/sign-in", "/nothing/here"):
        assert client.post(path, headers=headers).status_code == 403
    assert client.put("/api/status", headers=headers).status_code == 403
    assert client.delete("/", headers=headers).status_code == 403
    assert client.get("/api/status").json["models"]["tts"]["state"] == "unloaded"  # type: ignore[index]


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_a_page_of_another_origin_may_not_open_the_socket(client: FlaskClient, origin: str) -> None:
    handshake = {
        "Host": "localhost:5000",
        "Origin": origin,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    assert client.get("/v1/realtime?model=vox", headers=handshake).status_code == 403
    assert client.get("/", headers=handshake).status_code == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("localhost", "http://localhost"),
        ("LOCALHOST:5000", "http://localhost:5000"),
        ("localhost:5000", None),
    ],
)
def test_our_own_page_and_programs_may(client: FlaskClient, host: str, origin: str | None) -> None:
    headers = {"Host": host, **({"Origin": origin} if origin else {})}
    assert client.get("/v1/realtime", headers=headers).status_code == LET_IN
    assert client.post("/api/models/tts/unload", headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 202), ("none", 202), ("same-site", 403), ("cross-site", 403), ("", 403), ("odd", 403)],
)
def test_what_the_browser_says_of_the_requests_site_counts(
    client: FlaskClient, site: str, status: int
) -> None:
    for origin in ({}, {"Origin": "http://localhost"}):
        headers = {"Sec-Fetch-Site": site, **origin}
        assert client.post("/api/models/tts/unload", headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/", "/api/status", "/v1/realtime", "/nothing/here"])
@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN.upper()}"},
        {"Authorization": "Bearer t\xf6ken"},
        {"Cookie": f"{COOKIE}=wrong"},
        {"Cookie": f"{COOKIE}="},
        {"Cookie": f"other={TOKEN}"},
        {"Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.wrong"},
        {"Sec-WebSocket-Protocol": f"realtime, {TOKEN}"},
        {"X-Api-Key": TOKEN},
    ],
)
def test_without_the_token_nothing_is_shown_to_other_machines(
    open_client: FlaskClient, credentials: dict[str, str], path: str
) -> None:
    program = open_client.application.test_client(use_cookies=False)  # it sends these, no more
    answer = program.get(path, headers=credentials)
    assert answer.status_code == 401
    assert "token" in answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if path.startswith(("/api", "/v1")):
        assert "token" in answer.json["error"]  # type: ignore[index]


@pytest.mark.parametrize(
    "credentials",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN}"},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Sec-WebSocket-Protocol": f"realtime, openai-insecure-api-key.{TOKEN}"},
    ],
)
def test_whoever_shows_the_token_is_let_in(open_client: FlaskClient, credentials: dict[str, str]) -> None:
    program = open_client.application.test_client(use_cookies=False)
    assert program.get("/api/status", headers=credentials).status_code == 200
    assert program.get("/v1/realtime", headers=credentials).status_code == LET_IN


def test_the_token_does_not_excuse_a_foreign_page(open_client: FlaskClient) -> None:
    program = open_client.application.test_client(use_cookies=False)
    for credentials in (BEARER, {"Cookie": f"{COOKIE}={TOKEN}"}):
        headers = {"Host": "192.168.1.7:5000", "Origin": "http://evil.example", **credentials}
        assert program.get("/v1/realtime", headers=headers).status_code == 403
        assert program.post("/api/models/tts/load", headers=headers).status_code == 403


def test_the_printed_link_signs_in_and_leaves_no_token_in_the_address(open_client: FlaskClient) -> None:
    answer = open_client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert open_client.get("/api/status").status_code == 200  # the client keeps the cookie


def test_a_wrong_link_asks_for_the_token(open_client: FlaskClient) -> None:
    answer = open_client.get("/?token=wrong")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert 'action="/sign-in"' in answer.text


def test_the_token_may_be_typed_into_the_sign_in_page(open_client: FlaskClient) -> None:
    assert open_client.post("/sign-in", data={"token": "wrong"}).status_code == 401
    assert open_client.post("/sign-in").status_code == 401
    assert open_client.get("/api/status").status_code == 401
    assert open_client.post("/sign-in", data={"token": f" {TOKEN} "}).status_code == 303
    assert open_client.get("/api/status").status_code == 200


def test_who_signs_in_is_at_the_conversation_that_was_asked_for(open_client: FlaskClient) -> None:
    page = open_client.get("/c/conv_0123").text
    assert 'name="page" value="/c/conv_0123"' in page
    again = open_client.post("/sign-in", data={"token": "wrong", "page": "/c/conv_0123"})
    assert 'name="page" value="/c/conv_0123"' in again.text
    answer = open_client.post("/sign-in", data={"token": TOKEN, "page": "/c/conv_0123"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/c/conv_0123")
    assert open_client.get(f"/c/conv_0123?token={TOKEN}").headers["Location"] == "/c/conv_0123"


@pytest.mark.parametrize(
    "page",
    ["//evil.example", "https://evil.example/", "/c/../api/status", "/c/x\r\nA: b", "/\\evil.example", "/c/"],
)
def test_nobody_is_sent_elsewhere_after_signing_in(open_client: FlaskClient, page: str) -> None:
    answer = open_client.post("/sign-in", data={"token": TOKEN, "page": page})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_token_of_any_characters_works(app_with: Callable[..., Flask]) -> None:
    token = 'ö "quoted"; a=b, c%20d&e'
    client = app_with(token=token).test_client()
    assert client.get("/", query_string={"token": token}).status_code == 303
    assert client.get("/api/status").status_code == 200


def test_the_sign_in_page_may_have_its_style(open_client: FlaskClient) -> None:
    styles = re.findall(r'href="([^"]+\.css)"', open_client.get("/").text)
    assert styles
    for style in styles:
        assert open_client.get(style).status_code == 200


def test_a_token_in_the_address_counts_for_the_page_alone(open_client: FlaskClient) -> None:
    assert open_client.get(f"/api/status?token={TOKEN}").status_code == 401
    assert open_client.get(f"/v1/realtime?token={TOKEN}").status_code == 401
    elsewhere = {"PATH_INFO": "//evil.example/"}
    assert open_client.get(f"/?token={TOKEN}", environ_overrides=elsewhere).status_code == 401


def test_on_loopback_no_token_is_asked_for_unless_one_is_set(app_with: Callable[..., Flask]) -> None:
    assert app_with().test_client().get("/api/status").status_code == 200
    assert app_with(token=TOKEN).test_client().get("/api/status").status_code == 401


def test_a_server_for_other_machines_never_goes_without_a_token(app_with: Callable[..., Flask]) -> None:
    made = [app_with(host="0.0.0.0").extensions["vox"].settings.token for _ in range(2)]
    assert made[0] != made[1]
    assert min(map(len, made)) >= 32


def test_guessing_tokens_ends_after_a_few(open_client: FlaskClient) -> None:
    def status(token: str, address: str = "192.168.1.66") -> int:
        environ = {"REMOTE_ADDR": address}
        bearer = {"Authorization": f"Bearer {token}"}
        return open_client.get("/api/status", headers=bearer, environ_overrides=environ).status_code

    assert [status("old") for _ in range(50)] == [401] * 50  # a forgotten tab, not a guesser
    assert [status(f"guess {n}") for n in range(9)] == [401] * 9
    assert [status(f"another {n}") for n in range(20)] == [429] * 20
    assert status(TOKEN) == 429
    assert status(TOKEN, address="192.168.1.67") == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.168.1.7", False),
        ("localhost.evil", False),
        ("my-laptop", False),
    ],
)
def test_only_what_is_surely_this_machine_counts_as_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("path", "status"), [("/api/status", 200), ("/static/sign-in.css", 200), ("/none", 404)]
)
def test_every_answer_carries_the_protective_headers(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path, headers={"Host": "localhost:5000"})
    assert answer.status_code == status
    directives = dict(part.strip().partition(" ")[::2] for part in _policy(answer.headers).split(";"))
    assert directives == {
        "default-src": "'self'",
        "connect-src": "'self' ws://localhost:5000 wss://localhost:5000",
        "img-src": "'self' data:",
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Permissions-Policy"].startswith("microphone=(self), camera=()")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


def _policy(headers: object) -> str:
    return str(headers["Content-Security-Policy"])  # type: ignore[index]
