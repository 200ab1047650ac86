"""Every setting once: its name, environment variable, default and meaning.

A setting comes from the command line, else from its environment variable, else from its
default. ``Settings.from_environment()`` is the only reader of ``VOX_*``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs


class SettingError(ValueError):
    """A setting has a value it cannot have; the message names it and says what it may be."""


def _setting(default: Any, meaning: str, *, choices: tuple[str, ...] = (), secret: bool = False) -> Any:
    metadata = {"meaning": meaning, "choices": choices, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The server's settings. Field ``a_name`` is read from ``VOX_A_NAME`` and given as ``--a-name``."""

    host: str = _setting("127.0.0.1", "Address to listen on; any but loopback needs the token.")
    port: int = _setting(5000, "Port to listen on; 0 takes a free one.")
    token: str = _setting(
        "", "Secret that clients must show when not on loopback; made at start if empty.", secret=True
    )
    allowed_hosts: str = _setting(
        "", "Further host names the page may be reached by, comma-separated (a reverse proxy's name)."
    )
    data_dir: Path = _setting(lambda: platformdirs.user_data_path("vox"), "Folder for what VOX keeps.")
    log_level: str = _setting("info", "How much the log says.", choices=("debug", "info", "warning", "error"))
    max_sessions: int = _setting(64, "Conversations open at once; one more is told that VOX is busy.")

    tts: str = _setting("auto", "Voice engine.", choices=("auto", "chatterbox", "piper"))
    voice: str = _setting(
        "", "Voice of the engine to speak with; for Chatterbox also a recording longer than 5 s."
    )
    chatterbox_dir: str = _setting(
        "", "Folder with a Chatterbox Turbo checkpoint, used instead of a download."
    )
    chatterbox_precision: str = _setting(
        "auto",
        "How exactly Chatterbox computes; auto takes int8 on a processor, bf16 on an NVIDIA GPU.",
        choices=("auto", "fp32", "bf16", "int8", "int4"),
    )

    stt: str = _setting("auto", "Whisper model: a name (tiny.en, base, large-v3-turbo) or a folder.")
    language: str = _setting("", "Language that is spoken (en, de); empty lets Whisper tell.")
    max_utterance: float = _setting(300.0, "Longest utterance, in seconds.")

    llm_url: str = _setting(
        "",
        "Base address of an OpenAI-compatible server; empty looks for one on this machine, "
        "'builtin' takes the built-in model.",
    )
    llm_model: str = _setting("", "Model to ask that server for; empty takes its first.")
    llm_key: str = _setting("", "Key for that server.", secret=True)
    llm_context: int = _setting(0, "Size of the model's context window in tokens; 0 asks the server.")
    llm_temperature: float = _setting(-1.0, "Sampling temperature; negative leaves it to the server.")
    max_reply_tokens: int = _setting(400, "Longest reply, in tokens.")
    instructions: str = _setting("", "System prompt; empty takes VOX's own for spoken answers.")

    offline: bool = _setting(False, "Never ask the model hub; speak with what is on this machine.")
    preload: bool = _setting(True, "Load the models at start instead of at first use.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read ``VOX_*`` from ``environ`` (default: the process's); ``overrides`` that are not
        None win.

        Raises SettingError for a value that a setting cannot have.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for setting in dataclasses.fields(cls):
            if overrides.get(setting.name) is not None:
                values[setting.name] = _parse(setting, overrides[setting.name], option_name(setting.name))
            elif variable_name(setting.name) in environ:
                name = variable_name(setting.name)
                values[setting.name] = _parse(setting, environ[name], name)
        return cls(**values)


def variable_name(setting_name: str) -> str:
    """The environment variable of a setting: ``llm_url`` is read from ``VOX_LLM_URL``."""
    return f"VOX_{setting_name.upper()}"


def option_name(setting_name: str) -> str:
    """The command-line option of a setting: ``llm_url`` is given as ``--llm-url``."""
    return f"--{setting_name.replace('_', '-')}"


def _parse(setting: dataclasses.Field[Any], raw: Any, source: str) -> Any:
    """``raw`` as the setting's type, or SettingError naming ``source``."""
    kind = str(setting.type)
    try:
        if kind == "bool":
            value: Any = raw if isinstance(raw, bool) else _parse_bool(str(raw))
        elif kind == "int":
            value = int(raw)
        elif kind == "float":
            value = float(raw)
        elif kind == "Path":
            value = Path(raw).expanduser()
        else:
            value = str(raw).strip()
    except ValueError:
        raise SettingError(f"{source}={raw!r} is not a valid {kind}. {setting.metadata['meaning']}") from None
    choices = setting.metadata["choices"]
    if choices and value not in choices:
        raise SettingError(f"{source}={raw!r} is not known; choose one of: {', '.join(choices)}.")
    return value


def _parse_bool(raw: str) -> bool:
    word = raw.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError(raw)
