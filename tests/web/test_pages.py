"""The page, its files, and what the browser may keep of them."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]


def test_the_page_is_served_in_utf_8(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("conversation_id", ["conv_1", "nowhere", "%2e%2e", "<b>", "%00"])
def test_a_conversation_has_the_page_at_its_address_whatever_its_id(
    client: FlaskClient, conversation_id: str
) -> None:
    assert client.get(f"/c/{conversation_id}").text == client.get("/").text
    assert client.get("/c/").status_code == client.get("/c/a/b").status_code == 404


def test_the_page_is_not_kept_but_asked_for_again(client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_what_the_page_refers_to_is_there(client: FlaskClient) -> None:
    links = _Page(client.get("/").text).links
    assert any(link.endswith("vox.js") for link in links)
    for link in links:
        assert client.get(link).status_code == 200, link


def test_a_file_is_checked_for_news_each_time_and_sent_only_if_it_has_changed(client: FlaskClient) -> None:
    first = client.get("/static/vox.js")
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/vox.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("static/**/*.js")))
def test_modules_have_a_type_that_browsers_run(client: FlaskClient, path: str) -> None:
    assert client.get(f"/{path}").mimetype == "text/javascript"


@pytest.mark.parametrize(
    "path", ["/static/../app/settings.py", "/static/%2e%2e/README.md", "/static/%2fetc/passwd", "/static/"]
)
def test_only_the_static_folder_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path, follow_redirects=True).status_code == 404


@pytest.mark.parametrize("template", sorted(ROOT.glob("templates/*.html")), ids=lambda path: path.name)
def test_no_template_holds_what_the_security_policy_forbids(template: Path) -> None:
    page = _Page(template.read_text(encoding="utf-8"))
    assert page.inline == []
    assert [link for link in page.links if "//" in link] == []


def test_the_application_is_made_without_loading_an_engine() -> None:
    heavy = {"numpy", "torch", "openai", "faster_whisper", "ctranslate2", "chatterbox", "piper"}
    heavy |= {"onnxruntime", "xllamacpp", "transformers", "scipy"}
    code = f"""
import app, json, sys
app.create_app()
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


class _Page(HTMLParser):
    """The addresses that a page refers to, and what in it would run or style inline."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attrs:
            if name == "src" or (tag == "link" and name == "href"):
                self.links.append(value or "")
            if name == "style" or name.startswith("on") or (value or "").startswith("javascript:"):
                self.inline.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(f"<{self._within}>{data.strip()}")
