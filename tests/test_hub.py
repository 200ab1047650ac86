"""The hub, against a real HTTP server on loopback that answers as the model hub does."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app import hub
from app.models import Model, State
from app.progress import LoadCancelled, Progress, Step
from tests.waiting import wait_until

REPO = "voices/small"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
FILES = {
    "config.json": b'{"rate": 24000}',
    "model.safetensors": WEIGHTS,
    "README.md": b"Not asked for.",
}
PATTERNS = ["*.json", "*.safetensors"]


class FakeHub(ThreadingHTTPServer):
    """Serves FILES as one repository. ``break_after`` closes each transfer of the weights after
    that many bytes; ``pause_after`` stands still
    there until ``go_on``; ``damage`` sends other bytes than it promised."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.requests: list[str] = []
        self.ranges: list[str] = []
        self.break_after: int | None = None
        self.pause_after: int | None = None
        self.pausing, self.go_on = threading.Event(), threading.Event()
        self.damage = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: FakeHub

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.server.requests.append(f"{self.command} {path}")
        if path.startswith(f"/api/models/{REPO}/tree/"):
            self._json([_tree_entry(name) for name in FILES])
        elif path.startswith(f"/api/models/{REPO}"):
            siblings = [{"rfilename": name, "blobId": _git(name), **_sizes(name)} for name in FILES]
            self._json({"id": REPO, "sha": COMMIT, "siblings": siblings})
        elif path.startswith(f"/{REPO}/resolve/"):
            self._file(path.rsplit("/", 1)[1])
        elif path == "/":
            self._json({})
        else:
            self.send_error(404)

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self._head(200, len(body))
        if self.command == "GET":
            self.wfile.write(body)

    def _file(self, name: str) -> None:
        content, start, status = FILES[name], 0, 200
        if wanted := self.headers.get("Range"):
            self.server.ranges.append(wanted)
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
        large = name == "model.safetensors"
        etag = hashlib.sha256(content).hexdigest() if large else _git(name)
        self._head(status, len(content) - start, etag)
        if self.command == "HEAD":
            return
        body = content[start:]
        if large and self.server.damage:
            body = bytes(len(body))
        if large and self.server.break_after is not None:
            body = body[: self.server.break_after]
        if large and self.server.pause_after is not None:
            self.wfile.write(body[: self.server.pause_after])
            self.server.pausing.set()
            assert self.server.go_on.wait(10)
            body = body[self.server.pause_after :]
        self.wfile.write(body)
        self.close_connection = True

    def _head(self, status: int, length: int, etag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("X-Repo-Commit", COMMIT)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def _git(name: str) -> str:
    return hashlib.sha1(FILES[name]).hexdigest()


def _sizes(name: str) -> dict[str, object]:
    size = len(FILES[name])
    if name != "model.safetensors":
        return {"size": size}
    sha256 = hashlib.sha256(FILES[name]).hexdigest()
    return {"size": size, "lfs": {"sha256": sha256, "oid": sha256, "size": size, "pointerSize": 134}}


def _tree_entry(name: str) -> dict[str, object]:
    return {"type": "file", "path": name, "oid": _git(name), **_sizes(name)}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub of one repository, and an empty cache."""
    server = FakeHub()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    _point_at(server.address, tmp_path, monkeypatch)
    yield server
    server.shutdown()
    server.server_close()


def _point_at(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT and HF_HUB_CACHE would do in a fresh process."""
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


class _Downloaded:
    """An engine whose loading is a download."""

    name, device, notice = "downloaded", "cpu", ""

    def __init__(self, progress: Progress) -> None:
        self.weights = (hub.fetch(REPO, PATTERNS, progress) / "model.safetensors").read_bytes()

    def unload(self) -> None: ...


def _settled(model: Model[Any]) -> None:
    wait_until(lambda: model.state is not State.LOADING)


@pytest.fixture
def silent_address() -> Iterator[str]:
    """An address that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.usefixtures("server")
def test_a_repository_is_downloaded_with_every_byte_reported() -> None:
    steps: list[Step] = []
    folder = hub.fetch(REPO, PATTERNS, Progress(steps.append))

    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_bytes() == FILES["config.json"]
    assert not (folder / "README.md").exists()
    counted = [(step.done, step.total) for step in steps if step.unit == "bytes"]
    total = len(WEIGHTS) + len(FILES["config.json"])
    assert counted[0] == (0, total)
    assert counted[-1] == (total, total)
    assert counted == sorted(counted)
    assert "Downloading model.safetensors" in {step.stage for step in steps}


def test_what_is_cached_is_used_without_any_request(server: FakeHub) -> None:
    folder = hub.fetch(REPO, PATTERNS, Progress())
    server.requests.clear()

    assert hub.fetch(REPO, PATTERNS, Progress()) == folder
    assert hub.fetch(REPO, PATTERNS, Progress(), offline=True) == folder
    assert hub.cached(REPO, PATTERNS) == folder
    assert server.requests == []


@pytest.mark.usefixtures("server")
def test_a_cache_that_lacks_a_file_is_completed() -> None:
    hub.fetch(REPO, ["*.json"], Progress())
    assert hub.cached(REPO, PATTERNS) is None

    folder = hub.fetch(REPO, PATTERNS, Progress())
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_connection_that_breaks_is_resumed_where_it_broke(server: FakeHub) -> None:
    server.break_after = 300_000
    folder = hub.fetch(REPO, PATTERNS, Progress())

    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_a_download_given_up_goes_on_later_where_it_stopped(server: FakeHub, tmp_path: Path) -> None:
    server.break_after = 400_000

    def give_up_on_the_way(step: Step) -> None:
        if step.done and step.done >= 400_000:
            progress.cancel()

    progress = Progress(give_up_on_the_way)
    with pytest.raises(LoadCancelled):
        hub.fetch(REPO, PATTERNS, progress)
    [left] = tmp_path.rglob("*.incomplete")
    kept = left.stat().st_size
    assert 400_000 <= kept < len(WEIGHTS)

    server.break_after = None
    server.ranges.clear()
    folder = hub.fetch(REPO, PATTERNS, Progress())
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert server.ranges == [f"bytes={kept}-"]


def test_a_download_that_failed_goes_on_when_the_model_is_loaded_again(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.hub.transfer.FRUITLESS_ATTEMPTS", 0)
    server.break_after = 300_000
    model: Model[Any] = Model("stt", _Downloaded)
    model.load()
    _settled(model)
    shown = model.snapshot()
    assert shown["state"] == "failed"
    assert "Load it again to go on where it stopped" in shown["error"]

    server.break_after = None
    server.ranges.clear()
    assert model.wait(10).weights == WEIGHTS
    assert server.ranges == ["bytes=300000-"]


def test_a_download_that_was_cancelled_goes_on_when_the_model_is_loaded_again(
    server: FakeHub, tmp_path: Path
) -> None:
    server.pause_after = 400_000
    model: Model[Any] = Model("stt", _Downloaded)
    model.load()
    assert server.pausing.wait(10)
    [left] = wait_until(lambda: [file for file in tmp_path.rglob("*.incomplete") if file.stat().st_size])
    model.cancel()
    assert model.state is State.UNLOADED
    server.go_on.set()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "load-stt"])
    assert model.state is State.UNLOADED
    kept = left.stat().st_size
    assert kept >= 400_000

    server.pause_after = None
    server.ranges.clear()
    assert model.wait(10).weights == WEIGHTS
    assert server.ranges == ([f"bytes={kept}-"] if kept < len(WEIGHTS) else [])


def test_how_fast_it_comes_and_how_long_it_takes_is_measured(server: FakeHub) -> None:
    server.break_after = 300_000
    steps: list[Step] = []
    hub.fetch(REPO, PATTERNS, Progress(steps.append))
    told = [step.as_dict() for step in steps if step.stage == "Downloading model.safetensors"]
    assert any(step["bytes_per_second"] and step["seconds_left"] for step in told)
    assert told[-1]["seconds_left"] in (0, None)


def test_damaged_weights_are_refused_and_not_kept(server: FakeHub) -> None:
    server.damage = True
    with pytest.raises(hub.HubUnavailable, match=r"model\.safetensors arrived damaged"):
        hub.fetch(REPO, PATTERNS, Progress())
    server.damage = False

    folder = hub.fetch(REPO, PATTERNS, Progress())
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.usefixtures("server")
def test_an_unknown_repository_is_named() -> None:
    with pytest.raises(hub.HubUnavailable, match="voices/none"):
        hub.fetch("voices/none", PATTERNS, Progress())


def test_without_a_hub_the_reason_and_the_remedy_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    _point_at(f"http://127.0.0.1:{closed}", tmp_path, monkeypatch)

    assert not hub.reachable()
    with pytest.raises(hub.HubUnavailable, match=r"127\.0\.0\.1.*cannot be reached.*[Cc]onnect"):
        hub.fetch(REPO, PATTERNS, Progress())


def test_told_to_stay_offline_it_asks_nobody(server: FakeHub) -> None:
    assert not hub.reachable(offline=True)
    with pytest.raises(hub.HubUnavailable, match=r"stay offline.*without --offline or VOX_OFFLINE"):
        hub.fetch(REPO, PATTERNS, Progress(), offline=True)
    assert server.requests == []


@pytest.mark.timeout(20)
def test_a_hub_that_never_answers_is_not_waited_for(
    silent_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _point_at(silent_address, tmp_path, monkeypatch)
    assert not hub.reachable(timeout=0.3)
    with pytest.raises(hub.HubUnavailable):  # the answer is remembered: no second wait
        hub.fetch(REPO, PATTERNS, Progress())


def test_the_answer_is_remembered_for_a_while(server: FakeHub) -> None:
    assert hub.reachable()
    assert hub.reachable()
    assert server.requests == ["HEAD /"]
