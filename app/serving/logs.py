"""The log: to stderr, calm by default, and never with a secret in it."""

from __future__ import annotations

import logging
import sys
from urllib.parse import quote

from app.settings import Settings

#: Other people's libraries say this much at each of our levels.
_LIBRARIES = {"debug": "INFO", "info": "WARNING", "warning": "WARNING", "error": "ERROR"}


#: What no line of the log may hold, in each form that it may take there.
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Black out ``secret`` from now on, in whatever is logged; it may have been entered just now."""
    if secret:
        _secrets.update((secret, quote(secret, safe="")))


def set_up(settings: Settings) -> None:
    """Send what this process logs to stderr, at ``settings.log_level``."""
    for secret in (settings.token, settings.llm_key, settings.database_url):
        hide(secret)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LIBRARIES[settings.log_level])
    logging.getLogger("app").setLevel(settings.log_level.upper())


class DiscreetFormatter(logging.Formatter):
    """Formats records, tracebacks included, with the secrets blacked out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in tuple(_secrets):
            line = line.replace(secret, "…")
        return line
