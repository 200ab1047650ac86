"""The settings that hold now: those VOX was started with, and over them what was changed since.

What the command line or the environment gives cannot be changed here; the rest is kept in
``data_dir/settings.json``. Whoever needs a setting asks for ``current`` when a turn, a load or a
request begins, so that a change holds from the next one on.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.settings import BUILT_IN, SettingError, Settings, option_name, parsed, variable_name
from app.settings_file import SettingsFile

log = logging.getLogger(__name__)

FILE_NAME = "settings.json"
#: What ``sources`` says of a setting that nobody gave, that the file gives, and that the program
#: which made the ``Settings`` gave.
DEFAULT, IN_FILE, BY_PROGRAM = "default", FILE_NAME, "program"

#: The entry of the file that names the server which the key was entered for.
_KEY_FOR = "llm_key_for"

_FIELDS = {setting.name: setting for setting in dataclasses.fields(Settings)}


class SettingsFixed(SettingError):
    """The setting was given by an option or a variable, or holds from the start of VOX to its end."""


class SettingsStore:
    """Safe to use from any thread. ``settings`` are those VOX was started with."""

    def __init__(self, settings: Settings, path: Path | None = None) -> None:
        self._started_with = settings
        self._file = SettingsFile(path or settings.data_dir / FILE_NAME)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Settings], None]] = []
        self._values, problems = self._understood(self._file.entries)
        #: What of the file could not be understood when it was read, as sentences.
        self.problems = tuple(filter(None, (self._file.problem, *problems)))
        for problem in self.problems:
            log.warning("%s", problem)
        self._current = self._put_together(self._file.entries)

    @property
    def current(self) -> Settings:
        """The settings that hold now."""
        return self._current

    @property
    def path(self) -> Path:
        """The settings file, which need not exist."""
        return self._file.path

    def change(self, values: Mapping[str, Any]) -> Settings:
        """Set some settings, all or none of them, and keep them; None goes back to the default.

        A new key is kept for the server that is set then, and given to no other. Raises
        SettingsFixed and SettingError, with nothing changed, and OSError where the file cannot be
        written.
        """
        with self._lock:
            entries = self._entries_with(values)
            self._file.write(entries)
            self._values, _ = self._understood(entries)
            self._current = settings = self._put_together(entries)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(settings)
        return settings

    def preview(self, values: Mapping[str, Any]) -> Settings:
        """What ``change`` would make of the settings; raises as it does, and changes nothing."""
        with self._lock:
            return self._put_together(self._entries_with(values))

    def sources(self) -> dict[str, str]:
        """Where each setting comes from: "--port", "VOX_PORT", "settings.json" or "default"."""
        with self._lock:
            return {name: self._source(name) for name in _FIELDS}

    def why_fixed(self, name: str) -> str:
        """Why a setting cannot be changed while VOX runs, as a sentence; "" if it can."""
        source = self._started_with.given_by(name)
        if name == "llm_key" and not self._started_with.given_by("llm_url"):
            source = ""  # that key goes to no server that is chosen here, which may have its own
        if source:
            return f"Set by {source} when VOX was started."
        if _FIELDS[name].metadata["at_start"]:
            return f"Holds while VOX runs: start it with {option_name(name)} or {variable_name(name)}."
        return ""

    def key_for(self, url: str) -> str:
        """The language model's key if it was entered for the server at ``url``, else ""."""
        current = self._current
        return current.llm_key if current.llm_url and same_server(url, current.llm_url) else ""

    @property
    def key_kept_for(self) -> str:
        """The address of the server whose key is in the settings file, which need not be the one that is
        set now; "" where there is no key in it."""
        entries = self._file.entries
        return str(entries.get(_KEY_FOR, entries.get("llm_url", ""))) if entries.get("llm_key") else ""

    def subscribe(self, listener: Callable[[Settings], None]) -> Callable[[], None]:
        """Call ``listener`` with the new settings after every change; returns the way out."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    # ----- inside

    def _entries_with(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The file's entries with ``values`` among them. Raises SettingsFixed and SettingError."""
        entries = {**self._file.entries}
        for name, value in values.items():
            self._check_free(name)
            entries.pop(name, None)
            if value is not None:
                entries[name] = _as_json(parsed(_FIELDS[name], value, name))
        if "llm_url" in values:
            _check_no_password(entries.get("llm_url", ""))
        if "llm_key" in values:
            self._note_whose_key(entries)
        return entries

    def _check_free(self, name: str) -> None:
        if name not in _FIELDS:
            raise SettingError(f"There is no setting {name!r}. `vox config` shows all that there are.")
        if why := self.why_fixed(name):
            raise SettingsFixed(f"{name} cannot be changed here. {why}")

    def _note_whose_key(self, entries: dict[str, Any]) -> None:
        entries.pop(_KEY_FOR, None)
        if not entries.get("llm_key"):
            entries.pop("llm_key", None)
            return
        url = self._started_with.llm_url
        if not self._started_with.given_by("llm_url"):
            url = entries.get("llm_url", url)
        if url in ("", BUILT_IN):
            raise SettingError("A key is for one server. Set the server's address (llm_url) with it.")
        entries[_KEY_FOR] = url

    def _understood(self, entries: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The settings among the entries of a file, and what is to be said of the others."""
        values, problems = {}, []
        for name, raw in entries.items():
            setting = _FIELDS.get(name)
            if name == _KEY_FOR:
                continue
            if setting is None:
                problems.append(
                    f"{self.path} has a setting {name!r} that VOX does not know; it is left alone."
                )
            elif setting.metadata["at_start"]:
                problems.append(
                    f"{name} holds from the start, so {self.path} cannot set it: use {option_name(name)} or "
                    f"{variable_name(name)}."
                )
            else:
                try:
                    values[name] = parsed(setting, raw, name)
                except SettingError as problem:
                    problems.append(f"In {self.path}: {problem}")
        return values, problems

    def _put_together(self, entries: Mapping[str, Any]) -> Settings:
        values, _ = self._understood(entries)
        given_by = self._started_with.given_by
        free = {name: value for name, value in values.items() if not given_by(name)}
        settings = dataclasses.replace(self._started_with, **free)
        has_other_key = "llm_key" in values and not given_by("llm_key")
        if self._started_with.llm_key and "llm_url" not in free and not has_other_key:
            return dataclasses.replace(settings, llm_key=self._started_with.llm_key)
        # A key goes to the server that it was entered for, and to no other.
        entered_for = entries.get(_KEY_FOR, values.get("llm_url"))
        url = settings.llm_url
        is_its = isinstance(entered_for, str) and bool(url) and same_server(url, entered_for)
        return dataclasses.replace(settings, llm_key=str(values.get("llm_key", "")) if is_its else "")

    def _source(self, name: str) -> str:
        value = getattr(self._current, name)
        given_by = self._started_with.given_by(name)
        if given_by and value == getattr(self._started_with, name):
            return given_by
        if name in self._values and value == self._values[name]:
            return IN_FILE
        return DEFAULT if _is_default(_FIELDS[name], value) else BY_PROGRAM


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are of the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
    except ValueError:
        return url, "", 0
    return parts.scheme, parts.hostname or "", port


def _check_no_password(url: str) -> None:
    """Addresses are shown, so they may hold no secret."""
    if "@" in urlsplit(url if "://" in url else f"http://{url}").netloc:
        raise SettingError(
            "An address with a name or a password in it is not kept. Put the key into llm_key."
        )


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _is_default(setting: dataclasses.Field[Any], value: Any) -> bool:
    made = setting.default_factory
    return bool(value == (setting.default if made is dataclasses.MISSING else made()))
