"""The settings that hold now: what comes first, what is kept, and whom the key is for."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.settings import SettingError, Settings
from app.settings_store import SettingsFixed, SettingsStore, same_server

ONE, OTHER = "http://127.0.0.1:11434/v1", "https://models.example/v1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def started(file: Path) -> Callable[..., SettingsStore]:
    """``started(VOX_TTS="piper", …, port="80")``: VOX started with those variables and options."""

    def start(**given: str) -> SettingsStore:
        environ = {name: value for name, value in given.items() if name.isupper()}
        options = {name: value for name, value in given.items() if not name.isupper()}
        environ["VOX_DATA_DIR"] = str(file.parent)
        return SettingsStore(Settings.from_environment(environ, **options))

    return start


def test_a_change_holds_at_once_and_after_a_restart(started: Callable[..., SettingsStore]) -> None:
    store = started()
    before = store.current
    after = store.change({"stt": "small", "llm_temperature": 0.5, "keep_speech": True})
    assert (after.stt, after.llm_temperature, after.keep_speech) == ("small", 0.5, True)
    assert store.current is after
    assert before.stt == "auto"  # who holds the settings of a turn keeps them
    assert started().current == after


def test_the_command_line_comes_before_the_environment_and_that_before_the_file(
    started: Callable[..., SettingsStore],
) -> None:
    started().change({"stt": "small", "tts": "piper", "language": "de"})
    store = started(VOX_STT="base", VOX_TTS="auto", tts="chatterbox")
    assert (store.current.tts, store.current.stt, store.current.language) == ("chatterbox", "base", "de")
    sources = store.sources()
    assert [sources[name] for name in ("tts", "stt", "language", "voice")] == [
        "--tts",
        "VOX_STT",
        "settings.json",
        "default",
    ]


def test_what_was_given_at_the_start_cannot_be_changed_and_says_by_what(
    started: Callable[..., SettingsStore], file: Path
) -> None:
    store = started(VOX_TTS="piper", stt="base")
    for name, source in [("tts", "VOX_TTS"), ("stt", "--stt"), ("port", "--port or VOX_PORT")]:
        with pytest.raises(SettingsFixed, match=source):
            store.change({"language": "de", name: None})
    assert store.current.language == ""  # all of a change or nothing
    assert not file.exists()
    assert store.why_fixed("language") == ""


def test_none_goes_back_to_the_default(started: Callable[..., SettingsStore]) -> None:
    store = started()
    store.change({"stt": "small", "language": "de"})
    assert store.change({"stt": None}).stt == "auto"
    assert store.sources()["stt"] == "default"
    assert store.current.language == "de"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"tts": "festival"}, "auto, chatterbox, piper"),
        ({"llm_temperature": 3}, "-1 to 2"),
        ({"llm_temperature": float("nan")}, "not a number"),
        ({"max_reply_tokens": 0}, "1 to 100000"),
        ({"max_reply_tokens": 2.5}, "not a whole number"),
        ({"max_reply_tokens": True}, "not a whole number"),
        ({"idle_minutes": [1]}, "not a number"),
        ({"instructions": 7}, "not text"),
        ({"instructions": "x" * 40_000}, "32000 characters"),
        ({"llm_url": "file:///etc/passwd"}, "http://127.0.0.1:11434/v1"),
        ({"llm_url": "http://"}, "no address"),
        ({"llm_url": "http://host:99999"}, "no address"),
        ({"llm_url": "http://ada:secret@host/v1"}, "llm_key"),
        ({"llm_key": "sk-1"}, "llm_url"),
        ({"colour": "red"}, "no setting 'colour'"),
    ],
)
def test_a_value_that_cannot_be_changes_nothing_and_is_named(
    started: Callable[..., SettingsStore], file: Path, values: dict[str, Any], says: str
) -> None:
    store = started()
    with pytest.raises(SettingError) as problem:
        store.change(values)
    assert says in str(problem.value)
    assert store.current == started().current
    assert not file.exists()


def test_the_file_is_for_its_owner_alone_and_never_half_written(
    started: Callable[..., SettingsStore], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = started()
    store.change({"llm_url": ONE, "llm_key": "sk-1"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    whole = file.read_bytes()
    with pytest.raises(OSError, match="No space"):
        store.change({"stt": "small"})
    assert store.current.stt == "auto"
    assert file.read_bytes() == whole
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b""])
def test_a_file_that_cannot_be_read_is_told_of_and_set_aside(
    started: Callable[..., SettingsStore], file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    store = started()
    assert store.current.stt == "auto"
    assert str(file) in store.problems[0]
    store.change({"stt": "small"})
    assert file.with_suffix(".damaged.json").read_bytes() == content
    assert started().current.stt == "small"
    assert started().problems == ()


def test_entries_that_are_not_understood_are_told_of_and_left_alone(
    started: Callable[..., SettingsStore], file: Path
) -> None:
    file.write_text(json.dumps({"colour": "red", "tts": "festival", "port": 80, "language": "de"}))
    store = started()
    assert (store.current.language, store.current.tts, store.current.port) == ("de", "auto", 5000)
    assert [
        word for word in ("colour", "festival", "--port") if not any(word in p for p in store.problems)
    ] == []
    store.change({"stt": "small"})
    assert json.loads(file.read_text())["colour"] == "red"


def test_a_key_goes_to_the_server_it_was_entered_for_and_to_no_other(
    started: Callable[..., SettingsStore],
) -> None:
    store = started()
    assert store.change({"llm_url": ONE, "llm_key": "sk-1"}).llm_key == "sk-1"
    assert store.key_for("http://127.0.0.1:11434/other") == "sk-1"
    assert store.key_for(OTHER) == ""
    assert store.preview({"llm_url": OTHER}).llm_key == ""
    assert store.change({"llm_url": OTHER}).llm_key == ""
    assert store.key_for(ONE) == ""
    assert started().current.llm_key == ""
    assert store.change({"llm_url": ONE}).llm_key == "sk-1"  # it is still that server's
    assert store.change({"llm_url": OTHER, "llm_key": "sk-2"}).llm_key == "sk-2"
    assert store.change({"llm_url": ONE}).llm_key == ""
    assert store.change({"llm_url": OTHER, "llm_key": None}).llm_key == ""


def test_a_key_of_the_environment_is_not_sent_to_a_server_chosen_in_the_page(
    started: Callable[..., SettingsStore],
) -> None:
    store = started(VOX_LLM_KEY="sk-env")
    assert store.change({"llm_url": ONE}).llm_key == ""
    assert store.change({"llm_key": "sk-page"}).llm_key == "sk-page"
    assert started(VOX_LLM_KEY="sk-env", VOX_LLM_URL=OTHER).current.llm_key == "sk-env"


def test_a_key_entered_for_the_environments_server_ends_with_it(
    started: Callable[..., SettingsStore],
) -> None:
    started(VOX_LLM_URL=ONE).change({"llm_key": "sk-1"})
    assert started(VOX_LLM_URL=ONE).current.llm_key == "sk-1"
    assert started(VOX_LLM_URL=OTHER).current.llm_key == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://host", "http://HOST:80/v1", True),
        ("host:8080", "http://host:8080/v1", True),
        ("https://host", "http://host", False),
        ("http://host", "http://host.evil", False),
        ("http://host:1", "http://host:2", False),
        ("http://host:bad", "http://host:worse", False),
    ],
)
def test_a_server_is_its_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_server(one, other) is same


def test_who_wants_to_know_is_told_of_each_change(started: Callable[..., SettingsStore]) -> None:
    store = started()
    heard: list[str] = []
    forget = store.subscribe(lambda settings: heard.append(settings.stt))
    store.change({"stt": "small"})
    with pytest.raises(SettingError):
        store.change({"stt": 7})
    forget()
    store.change({"stt": "base"})
    assert heard == ["small"]


def test_changes_from_many_threads_all_hold(started: Callable[..., SettingsStore]) -> None:
    store = started()
    changes: list[dict[str, Any]] = [
        {"stt": "base"},
        {"language": "de"},
        {"offline": True},
        {"preload": False},
    ]
    threads = [threading.Thread(target=store.change, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    settings = started().current
    assert (settings.stt, settings.language, settings.offline, settings.preload) == (
        "base",
        "de",
        True,
        False,
    )
