"""The command line: options made from the settings, and errors that say what to do."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.settings import Settings, option_name, variable_name


def vox(*args: str, **environ: str) -> Result:
    return CliRunner().invoke(main, args, env=environ)


def shown(result: Result) -> dict[str, list[str]]:
    """What `vox config` shows: a setting's value and its source."""
    return {line.split()[0]: line.split()[1:] for line in result.output.splitlines()}


def test_config_shows_every_setting_and_where_it_comes_from() -> None:
    result = vox("config", "--port", "8080", "--no-preload", VOX_TTS="piper")
    assert result.exit_code == 0
    settings = shown(result)
    assert list(settings) == [setting.name for setting in dataclasses.fields(Settings)]
    assert settings["port"] == ["8080", "--port"]
    assert settings["preload"] == ["False", "--preload"]
    assert settings["tts"] == ["piper", "VOX_TTS"]
    assert settings["host"] == ["127.0.0.1", "default"]
    assert settings["voice"] == ["(empty)", "default"]


def test_config_shows_what_the_settings_file_gives_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"language": "de", "tts": "festival", "stt": "base", "instructions": "Two\\nlines"}')
    result = vox("config", VOX_DATA_DIR=str(tmp_path), VOX_STT="small")
    settings = shown(result)
    assert settings["language"] == ["de", str(file)]
    assert settings["instructions"] == ["Two", "lines", str(file)]
    assert settings["stt"] == ["small", "VOX_STT"]
    assert settings["tts"] == ["auto", "default"]
    assert "festival" in result.stderr


def test_config_shows_no_secret() -> None:
    result = vox("config", "--token", "open-sesame", VOX_LLM_KEY="sk-123456")
    assert "open-sesame" not in result.output
    assert "sk-123456" not in result.output
    assert shown(result)["token"] == ["(hidden)", "--token"]
    assert shown(result)["llm_key"] == ["(hidden)", "VOX_LLM_KEY"]


def test_help_explains_every_setting_with_its_variable() -> None:
    text = " ".join(vox("serve", "--help").output.split())
    for setting in dataclasses.fields(Settings):
        assert option_name(setting.name) in text
        assert variable_name(setting.name) in text
        assert setting.metadata["meaning"].split()[0] in text


def test_help_of_the_command_itself_names_its_commands() -> None:
    output = vox("--help").output
    assert "serve" in output
    assert "config" in output


def test_the_version_is_told() -> None:
    assert vox("--version").output.startswith("vox, version ")


@pytest.mark.parametrize(
    ("args", "environ", "says"),
    [
        (["--port", "many"], {}, "--port='many'"),
        ([], {"VOX_PORT": "many"}, "VOX_PORT='many'"),
        (["serve", "--port", "99999"], {}, "between 0 and 65535"),
        (["--tts", "festival"], {}, "'auto', 'chatterbox', 'piper'"),
        ([], {"VOX_TTS": "festival"}, "auto, chatterbox, piper"),
        (["--prot", "80"], {}, "--port"),
        (["sing"], {}, "sing"),
        (["--host", "no such host"], {}, "127.0.0.1 is this machine alone"),
        (["--host", "192.0.2.77"], {}, "not an address of this machine"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(args: list[str], environ: dict[str, str], says: str) -> None:
    result = vox(*args, **environ)
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)  # an error that was told, not a traceback
    assert says in result.output


@pytest.mark.parametrize("command", [[], ["serve"]])
def test_a_port_in_use_is_told_with_another_to_try(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = vox(*command, "--port", str(port))
    assert result.exit_code == 1
    assert f"Port {port} on 127.0.0.1 is in use" in result.output
    assert "vox --port" in result.output
