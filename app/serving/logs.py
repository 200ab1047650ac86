"""The log: to stderr, calm by default, and never with a secret in it."""

from __future__ import annotations

import logging
import sys
from urllib.parse import quote

from app.settings import Settings

#: Other people's libraries say this much at each of our levels.
_LIBRARIES = {"debug": "INFO", "info": "WARNING", "warning": "WARNING", "error": "ERROR"}


def set_up(settings: Settings) -> None:
    """Send what this process logs to stderr, at ``settings.log_level``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter((settings.token, settings.llm_key)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LIBRARIES[settings.log_level])
    logging.getLogger("app").setLevel(settings.log_level.upper())


class DiscreetFormatter(logging.Formatter):
    """Formats records, tracebacks included, with the secrets blacked out."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
        self._secrets = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "…")
        return line
