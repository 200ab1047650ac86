"""Every setting once: its name, environment variable, default and meaning.

A setting comes from the command line, else from its environment variable, else from the settings
file (``app.settings_store``), else from its default. ``Settings.from_environment()`` is the only
reader of ``VOX_*``.
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs


class SettingError(ValueError):
    """A setting has a value it cannot have; the message names it and says what it may be."""


#: The ``llm_url`` that asks for the model which came with VOX, whatever else runs here.
BUILT_IN = "builtin"

#: Longest text that a setting may be, in characters.
LONGEST_TEXT = 32_000


def _setting(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    between: tuple[float, float] | None = None,
    at_start: bool = False,
) -> Any:
    """``between``: the least and the most that a number may be. ``at_start``: read once, when VOX
    starts, so that it can be given by option or variable only."""
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "secret": secret,
        "between": between,
        "at_start": at_start,
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """The server's settings. Field ``a_name`` is read from ``VOX_A_NAME`` and given as ``--a-name``."""

    host: str = _setting(
        "127.0.0.1", "Address to listen on; any but loopback needs the token.", at_start=True
    )
    port: int = _setting(5000, "Port to listen on; 0 takes a free one.", at_start=True)
    token: str = _setting(
        "",
        "Secret that clients must show when not on loopback; made at start if empty.",
        secret=True,
        at_start=True,
    )
    allowed_hosts: str = _setting(
        "",
        "Further host names the page may be reached by, comma-separated (a reverse proxy's name).",
        at_start=True,
    )
    data_dir: Path = _setting(
        lambda: platformdirs.user_data_path("vox"), "Folder for what VOX keeps.", at_start=True
    )
    database_url: str = _setting(
        "",
        "Address of the Postgres database for conversations; empty keeps them in a file of the data folder.",
        secret=True,
        at_start=True,
    )
    log_level: str = _setting(
        "info", "How much the log says.", choices=("debug", "info", "warning", "error"), at_start=True
    )
    max_sessions: int = _setting(
        64, "Conversations open at once; one more is told that VOX is busy.", at_start=True
    )

    keep_conversations: bool = _setting(True, "Keep what was said, so that it can be opened again.")
    keep_speech: bool = _setting(False, "Keep the sound of what was said, too.")
    speech_limit_mb: int = _setting(
        1000, "Most space that kept sound may take, in MB; the oldest goes first.", between=(1, 10_000_000)
    )

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
    max_utterance: float = _setting(300.0, "Longest utterance, in seconds.", between=(1, 3600))

    llm_url: str = _setting(
        "",
        "Base address of an OpenAI-compatible server; empty looks for one on this machine, "
        "'builtin' takes the built-in model.",
    )
    llm_model: str = _setting("", "Model to ask that server for; empty takes its first.")
    llm_key: str = _setting("", "Key for that server.", secret=True)
    llm_context: int = _setting(
        0, "Size of the model's context window in tokens; 0 asks the server.", between=(0, 100_000_000)
    )
    llm_temperature: float = _setting(
        -1.0, "Sampling temperature, up to 2; negative leaves it to the server.", between=(-1, 2)
    )
    max_reply_tokens: int = _setting(400, "Longest reply, in tokens.", between=(1, 100_000))
    instructions: str = _setting("", "System prompt; empty takes VOX's own for spoken answers.")

    offline: bool = _setting(False, "Never ask the model hub; speak with what is on this machine.")
    preload: bool = _setting(True, "Load the models at start instead of at first use.")
    idle_minutes: float = _setting(
        0.0, "Minutes after which a model that nobody uses is unloaded; 0 keeps it.", between=(0, 100_000)
    )

    #: The option or variable that gave each setting which one gave. No setting itself, and no part of
    #: what makes two equal; ``dataclasses.replace`` hands it on.
    given: InitVar[Mapping[str, str] | None] = None

    def __post_init__(self, given: Mapping[str, str] | None) -> None:
        object.__setattr__(self, "given", dict(given or {}))

    def given_by(self, name: str) -> str:
        """The option or variable that gave the setting ``name``, or ""."""
        given: Mapping[str, str] = vars(self)["given"]
        return given.get(name, "")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Read ``VOX_*`` from ``environ`` (default: the process's); ``overrides`` that are not
        None win.

        Raises SettingError for a value that a setting cannot have.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        given: dict[str, str] = {}
        for setting in dataclasses.fields(cls):
            if overrides.get(setting.name) is not None:
                raw, source = overrides[setting.name], option_name(setting.name)
            elif variable_name(setting.name) in environ:
                source = variable_name(setting.name)
                raw = environ[source]
            else:
                continue
            values[setting.name] = parsed(setting, raw, source)
            given[setting.name] = source
        return cls(**values, given=given)


def variable_name(setting_name: str) -> str:
    """The environment variable of a setting: ``llm_url`` is read from ``VOX_LLM_URL``."""
    return f"VOX_{setting_name.upper()}"


def option_name(setting_name: str) -> str:
    """The command-line option of a setting: ``llm_url`` is given as ``--llm-url``."""
    return f"--{setting_name.replace('_', '-')}"


def parsed(setting: dataclasses.Field[Any], raw: Any, source: str) -> Any:
    """``raw`` as the setting's type, or SettingError naming ``source``."""
    kind = str(setting.type)
    shown = f"{source}={raw!r}" if not setting.metadata["secret"] else source
    try:
        value = _as_kind(kind, raw)
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"{shown} is not {_KINDS[kind]}. {setting.metadata['meaning']}") from None
    choices, between = setting.metadata["choices"], setting.metadata["between"]
    if choices and value not in choices:
        raise SettingError(f"{shown} is not known; choose one of: {', '.join(choices)}.")
    if between and not between[0] <= value <= between[1]:
        raise SettingError(f"{shown} lies outside of {between[0]} to {between[1]}.")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise SettingError(f"{source} is too long: it may have {LONGEST_TEXT} characters.")
    if setting.name == "llm_url":
        check_address(value, shown)
    return value


#: What people call the kinds of settings.
_KINDS = {
    "bool": "yes or no",
    "int": "a whole number",
    "float": "a number",
    "Path": "a folder",
    "str": "text",
}


def _as_kind(kind: str, raw: Any) -> Any:
    """``raw``, a text or what JSON makes of it, as ``kind``. Raises ValueError, TypeError."""
    if kind == "bool":
        return raw if isinstance(raw, bool) else _as_bool(str(raw))
    if kind in ("int", "float"):
        number = float(raw) if kind == "float" or isinstance(raw, float) else int(raw)
        if isinstance(raw, bool) or not math.isfinite(number) or (kind == "int" and number != int(number)):
            raise ValueError(raw)
        return int(number) if kind == "int" else number
    if kind == "Path":
        return Path(raw).expanduser()
    if not isinstance(raw, str):
        raise TypeError(raw)
    return raw.strip()


def _as_bool(raw: str) -> bool:
    word = raw.strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("", "0", "false", "no", "off"):
        return False
    raise ValueError(raw)


def check_address(url: str, shown: str) -> None:
    """Raise SettingError unless ``url`` is a web address, without its http:// if need be, or none."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_web = False
    if url and not is_web:
        raise SettingError(
            f"{shown} is no address of a server. One looks like this: http://127.0.0.1:11434/v1"
        )
