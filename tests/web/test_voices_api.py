"""The voice library over HTTP: adding, hearing, renaming, deleting, and every way it can go wrong."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from flask import Flask
from flask.testing import FlaskClient
from websockets.sync.client import connect

from app import create_app
from app.engines import Samples, Stop, Tell, tell_nobody
from app.models import Model, Models
from app.settings import Settings
from app.voices.library import VoiceLibrary
from tests.conversation.scripted import ScriptedSynthesizer, loaded
from tests.served import serve
from tests.sound import Recording
from tests.voices.cloning import Cloning
from tests.voices.conftest import TEXT
from tests.voices.sound_files import KINDS, as_file

NOBODY = "voice_0123456789abcdef"
HOSTILE = ["..", "%2e%2e", "%2e%2e%2fx", NOBODY, f"{NOBODY}%00", f"{NOBODY}.html", "learned"]


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(offline=True, data_dir=tmp_path)


@pytest.fixture
def library(own: Settings) -> VoiceLibrary:
    return VoiceLibrary(own.data_dir / "voices")


@pytest.fixture
def cloning(library: VoiceLibrary) -> Cloning:
    return Cloning(library)


@pytest.fixture
def app_of(own: Settings) -> Callable[[Any], Flask]:
    """``app_of(synthesizer)``: an application that speaks with it; None for one not loaded."""

    def make(synthesizer: Any) -> Flask:
        unloaded: Any = Model("stt", lambda _: pytest.fail("nothing is transcribed here"))
        tts: Model[Any] = Model("tts", lambda _: synthesizer)
        if synthesizer is not None:
            tts.wait()
        return create_app(own, Models(unloaded, unloaded, tts))

    return make


@pytest.fixture
def client(app_of: Callable[[Any], Flask], cloning: Cloning) -> FlaskClient:
    return app_of(cloning).test_client()


@pytest.fixture(scope="session")
def wav(speech: Callable[..., Recording]) -> bytes:
    """A recording that makes a voice."""
    return as_file(speech(TEXT))


def upload(client: FlaskClient, content: bytes | None, **form: str) -> Any:
    fields: dict[str, Any] = {"name": "Anna", "permission": "true", **form}
    if content is not None:
        fields["file"] = (io.BytesIO(content), "../../etc/passwd.html")
    return client.post("/api/voices", data=fields, content_type="multipart/form-data")


def voices(client: FlaskClient) -> dict[str, dict[str, Any]]:
    """All voices by their name."""
    answer = client.get("/api/voices")
    assert answer.status_code == 200
    return {voice["name"]: voice for voice in answer.json["voices"]}  # type: ignore[index]


def test_a_voice_is_added_listed_and_heard(client: FlaskClient, wav: bytes, cloning: Cloning) -> None:
    answer = upload(client, wav)
    assert answer.status_code == 201
    assert answer.json["remark"] == ""
    anna = answer.json["voice"]
    assert voices(client) == {"Own": voices(client)["Own"], "Anna": anna}
    assert anna["kind"] == "recorded"
    assert anna["usable"]
    assert not anna["prepared"]
    assert 5 < anna["seconds"] < 15
    assert len(anna["waveform"]) == 120
    assert voices(client)["Own"]["is_default"]

    heard = client.post(f"/api/voices/{anna['id']}/preview", json={"text": "Good evening."})
    assert heard.mimetype == "audio/wav"
    assert soundfile.read(io.BytesIO(heard.data))[0].size > 1000
    assert cloning.spoken == ["Good evening."]
    assert cloning.spoken_by == [anna["id"]]
    assert client.post("/api/voices/own/preview").status_code == 200


def test_open_pages_are_told_of_every_change(own: Settings, cloning: Cloning, wav: bytes) -> None:
    unloaded: Any = Model("stt", lambda _: pytest.fail("nothing is transcribed here"))
    models = Models(unloaded, unloaded, loaded("tts", cloning))
    with serve(own, models) as served, connect(f"{served.socket_url}/v1/realtime?model=vox") as ws:

        def told(type_name: str = "vox.voices") -> None:
            while json.loads(ws.recv(timeout=30))["type"] != type_name:
                pass

        told("vox.models")
        client = served.app.test_client()
        anna = upload(client, wav).json["voice"]["id"]
        told()
        client.patch(f"/api/voices/{anna}", json={"name": "Anne"})
        told()
        client.post(f"/api/voices/{anna}/default")
        told()
        client.patch("/api/settings", json={"voice": None})
        told()
        client.delete(f"/api/voices/{anna}")
        told()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_can_be_uploaded(kind: str, client: FlaskClient, speech: Any) -> None:
    assert upload(client, as_file(speech(TEXT), kind), name=kind).status_code == 201
    assert kind in voices(client)


def test_the_recording_is_given_back_safely(client: FlaskClient, wav: bytes) -> None:
    anna = upload(client, wav, name='<b>"Anna"</b>\r\n').json["voice"]
    answer = client.get(f"/api/voices/{anna['id']}/recording")
    assert answer.mimetype == "audio/flac"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    sound, rate = soundfile.read(io.BytesIO(answer.data))
    assert sound.size / rate == pytest.approx(anna["seconds"], abs=0.01)
    part = client.get(f"/api/voices/{anna['id']}/recording", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, b"fLaC")


def test_it_is_renamed_and_deleted_for_good(client: FlaskClient, wav: bytes, own: Settings) -> None:
    anna = upload(client, wav).json["voice"]
    assert upload(client, wav, name="Ben").status_code == 201
    assert client.patch(f"/api/voices/{anna['id']}", json={"name": "Anne"}).json["name"] == "Anne"  # type: ignore[index]
    taken = client.patch(f"/api/voices/{anna['id']}", json={"name": "ben"})
    assert taken.status_code == 409
    assert "already a voice" in taken.json["error"]  # type: ignore[index]
    for name in ("", " ", 5, None, "x" * 100):
        assert client.patch(f"/api/voices/{anna['id']}", json={"name": name}).status_code == 400
    assert client.delete(f"/api/voices/{anna['id']}").status_code == 204
    assert set(voices(client)) == {"Own", "Ben"}
    assert not (own.data_dir / "voices" / anna["id"]).exists()
    assert client.delete(f"/api/voices/{anna['id']}").status_code == 404


def test_the_default_voice_speaks_where_none_was_chosen(
    client: FlaskClient, wav: bytes, cloning: Cloning, own: Settings
) -> None:
    anna = upload(client, wav).json["voice"]
    assert client.post(f"/api/voices/{anna['id']}/default").json["is_default"]  # type: ignore[index]
    assert client.get("/api/voices").json["default"] == anna["id"]  # type: ignore[index]
    assert cloning.default_voice == anna["id"]
    assert [voice["is_default"] for voice in voices(client).values()] == [False, True]
    client.delete(f"/api/voices/{anna['id']}")
    assert voices(client)["Own"]["is_default"]
    assert client.post("/api/voices/own/default").status_code == 200
    assert cloning.default_voice == "own"
    assert client.post(f"/api/voices/{anna['id']}/default").status_code == 404


def test_a_default_voice_given_at_the_start_stays(own: Settings, library: VoiceLibrary) -> None:
    given = Settings.from_environment({"VOX_VOICE": "own", "VOX_DATA_DIR": str(own.data_dir)})
    engine = Cloning(library)
    none: Any = Model("stt", lambda _: pytest.fail("not asked for"))
    client = create_app(given, Models(none, none, loaded("tts", engine))).test_client()
    refused = client.post("/api/voices/own/default")
    assert refused.status_code == 409
    assert "VOX_VOICE" in refused.json["error"]  # type: ignore[index]


def test_only_with_permission(client: FlaskClient, wav: bytes) -> None:
    for given in ("", "false", "1", "True"):
        answer = upload(client, wav, permission=given)
        assert answer.status_code == 400
        assert "Confirm that this is your own voice" in answer.json["error"]
    assert set(voices(client)) == {"Own"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no recording in this request"),
        (b"", "empty"),
        (b"hello" * 100, "cannot be read as a recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), "cannot be read as a recording"),
        (b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1/x.wav\n", "cannot be read as a recording"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_reason(
    content: bytes | None, said: str, client: FlaskClient
) -> None:
    answer = upload(client, content)
    assert answer.status_code == 400
    assert said in answer.json["error"]


def test_a_name_is_wanted(client: FlaskClient, wav: bytes) -> None:
    answer = upload(client, wav, name=" \n")
    assert (answer.status_code, answer.json["error"]) == (400, "Give the voice a name.")


def test_whatever_is_uploaded_never_fails_inside(client: FlaskClient, speech: Any) -> None:
    random = np.random.default_rng(23)
    for kind in KINDS:
        whole = as_file(speech(TEXT)[: 24_000 * 3], kind)
        for trial in range(8):
            damaged = bytearray(whole[: random.integers(1, len(whole))] if trial % 2 else whole)
            for at in random.integers(0, min(len(damaged), 400), 8):
                damaged[at] = random.integers(0, 256)
            answer = upload(client, bytes(damaged))
            assert answer.status_code in (201, 400, 409), (kind, trial)
            assert answer.status_code == 201 or answer.json["error"].endswith("."), (kind, trial)


def test_large_uploads_are_refused_before_they_are_read(client: FlaskClient) -> None:
    too_large = client.post("/api/voices", environ_overrides=_unread(2 * 1024**3))
    assert too_large.status_code == 413
    assert "64 MB at most" in too_large.json["error"]  # type: ignore[index]
    unknown = client.post("/api/voices", headers={"Transfer-Encoding": "chunked"})
    assert unknown.status_code == 411
    elsewhere = client.post("/api/voices/own/preview", environ_overrides=_unread(2_000_000))
    assert "1 MB at most" in elsewhere.json["error"]  # type: ignore[index]


def _unread(size: int) -> dict[str, Any]:
    """A body that says it has ``size`` bytes, and must not be read."""

    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError(f"read {size}")

    return {"wsgi.input": Unread(), "CONTENT_LENGTH": str(size)}


@pytest.mark.parametrize("voice_id", HOSTILE)
def test_only_voices_can_be_asked_for(voice_id: str, client: FlaskClient, wav: bytes) -> None:
    upload(client, wav)
    assert client.get(f"/api/voices/{voice_id}/recording").status_code == 404
    assert client.patch(f"/api/voices/{voice_id}", json={"name": "x"}).status_code in (404, 405)
    assert client.delete(f"/api/voices/{voice_id}").status_code in (404, 405)
    assert client.post(f"/api/voices/{voice_id}/preview").status_code in (404, 405)


def test_recorded_voices_wait_for_an_engine_that_can_speak_with_them(
    app_of: Callable[[Any], Flask], client: FlaskClient, wav: bytes
) -> None:
    anna = upload(client, wav).json["voice"]
    with_piper = app_of(ScriptedSynthesizer()).test_client()
    listed = voices(with_piper)
    assert not listed["Anna"]["usable"]
    assert "Needs Chatterbox" in listed["Anna"]["why_not"]
    assert listed["Tone"]["usable"]
    refused = with_piper.post(f"/api/voices/{anna['id']}/preview")
    assert refused.status_code == 409
    assert "Needs Chatterbox" in refused.json["error"]  # type: ignore[index]


def test_without_a_loaded_voice_there_is_a_sentence(app_of: Callable[[Any], Flask], wav: bytes) -> None:
    client = app_of(None).test_client()
    anna = upload(client, wav).json["voice"]
    assert (anna["usable"], anna["why_not"]) == (False, "The voice is not loaded.")
    refused = client.post(f"/api/voices/{anna['id']}/preview")
    assert refused.status_code == 503
    assert "not loaded yet" in refused.json["error"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "status"), [("x" * 301, 400), ("😀", 400), ("...", 400), (7, 400), ("", 200), ("\0 [[a]]", 200)]
)
def test_the_text_of_a_preview_is_bounded(text: Any, status: int, client: FlaskClient) -> None:
    assert client.post("/api/voices/own/preview", json={"text": text}).status_code == status


def test_a_full_disk_is_told(client: FlaskClient, wav: bytes, own: Settings) -> None:
    (own.data_dir / "voices").write_text("in the way")
    answer = upload(client, wav)
    assert answer.status_code == 507
    assert str(own.data_dir / "voices") in answer.json["error"]


def test_a_preview_ends_when_its_client_leaves(own: Settings, library: VoiceLibrary, wav: bytes) -> None:
    begun, has_left, left_in_time = threading.Event(), threading.Event(), threading.Event()

    class Slow(Cloning):
        def synthesize(
            self, phrase: str, voice: str | None, stop: Stop, tell: Tell = tell_nobody
        ) -> Iterator[Samples]:
            begun.set()
            assert not stop.is_set()
            has_left.wait(30)
            while not stop.is_set():
                begun.wait(0.01)
            left_in_time.set()
            yield np.zeros(10, np.float32)

    none: Any = Model("stt", lambda _: pytest.fail("not asked for"))
    with serve(own, Models(none, none, loaded("tts", Slow(library)))) as served:
        with httpx.Client(base_url=served.url, timeout=httpx.Timeout(30, read=0.3)) as browser:
            with pytest.raises(httpx.ReadTimeout):
                browser.post("/api/voices/own/preview")
            assert begun.is_set()
        has_left.set()
        assert left_in_time.wait(30)
