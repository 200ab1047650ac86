"""Settings: where each comes from, and what is said of one that cannot be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from app.settings import SettingError, Settings, variable_name


def test_without_any_variable_the_defaults_hold() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.tts, settings.stt) == ("127.0.0.1", 5000, "auto", "auto")


@pytest.mark.parametrize(
    ("variable", "raw", "name", "value"),
    [
        ("VOX_HOST", " 0.0.0.0 ", "host", "0.0.0.0"),
        ("VOX_PORT", "8080", "port", 8080),
        ("VOX_TTS", "piper", "tts", "piper"),
        ("VOX_CHATTERBOX_DIR", "/models/turbo", "chatterbox_dir", "/models/turbo"),
        ("VOX_STT", "tiny.en", "stt", "tiny.en"),
        ("VOX_LLM_URL", "http://localhost:11434/v1", "llm_url", "http://localhost:11434/v1"),
        ("VOX_LLM_MODEL", "llama3.2", "llm_model", "llama3.2"),
        ("VOX_LLM_KEY", "sk-1", "llm_key", "sk-1"),
        ("VOX_MAX_UTTERANCE", "12.5", "max_utterance", 12.5),
        ("VOX_DATA_DIR", "/srv/vox", "data_dir", Path("/srv/vox")),
        ("VOX_OFFLINE", "yes", "offline", True),
        ("VOX_OFFLINE", "1", "offline", True),
        ("VOX_PRELOAD", "Off", "preload", False),
        ("VOX_PRELOAD", "", "preload", False),
    ],
)
def test_a_variable_sets_its_setting(variable: str, raw: str, name: str, value: object) -> None:
    assert getattr(Settings.from_environment({variable: raw}), name) == value


def test_the_data_folder_may_be_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert Settings.from_environment({"VOX_DATA_DIR": "~/vox"}).data_dir == Path("/home/ada/vox")


def test_the_command_line_wins_over_the_variable() -> None:
    environ = {"VOX_PORT": "8080", "VOX_TTS": "piper"}
    settings = Settings.from_environment(environ, port="9090", tts=None, offline=True)
    assert (settings.port, settings.tts, settings.offline) == (9090, "piper", True)


def test_the_environment_of_the_process_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOX_PORT", "7070")
    assert Settings.from_environment().port == 7070


@pytest.mark.parametrize(
    ("variable", "raw"),
    [
        ("VOX_PORT", "many"),
        ("VOX_PORT", ""),
        ("VOX_PORT", "80.5"),
        ("VOX_MAX_UTTERANCE", "long"),
        ("VOX_OFFLINE", "perhaps"),
        ("VOX_TTS", "festival"),
        ("VOX_LOG_LEVEL", "chatty"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_variable(variable: str, raw: str) -> None:
    with pytest.raises(SettingError) as problem:
        Settings.from_environment({variable: raw})
    assert f"{variable}={raw!r}" in str(problem.value)
    assert str(problem.value).endswith(".")


def test_a_wrong_option_is_named_as_it_was_typed() -> None:
    with pytest.raises(SettingError, match=r"--max-utterance='long'"):
        Settings.from_environment({}, max_utterance="long")


def test_a_wrong_choice_says_what_there_is() -> None:
    with pytest.raises(SettingError, match="auto, chatterbox, piper"):
        Settings.from_environment({"VOX_TTS": "festival"})


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_means() -> None:
    for setting in dataclasses.fields(Settings):
        assert setting.metadata["meaning"].endswith("."), setting.name


def test_the_secrets_are_marked() -> None:
    secret = {setting.name for setting in dataclasses.fields(Settings) if setting.metadata["secret"]}
    assert secret == {"token", "llm_key", "database_url"}


def test_a_variable_is_the_settings_name_in_capitals() -> None:
    assert variable_name("llm_url") == "VOX_LLM_URL"
