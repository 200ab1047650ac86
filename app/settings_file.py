"""The settings file: what was changed in the page, as one JSON object in the data folder.

A file that cannot be understood is never fatal and never lost: it is set aside when the next change
is written.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Bytes that are read at most; a real one has a hundredth of that.
MAX_BYTES = 1_000_000


class SettingsFile:
    """``entries`` as they stand in the file; ``problem`` is why it could not be read, or ""."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Any] = {}
        self.problem = ""
        self._read()

    def write(self, entries: dict[str, Any]) -> None:
        """Make ``entries`` the file, whole or not at all, readable by its owner alone. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.problem:
            with suppress(FileNotFoundError):
                self.path.replace(self.path.with_suffix(".damaged.json"))
        # mkstemp makes files that only their owner can read: there may be a key inside.
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".settings-", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(entries, out, indent=2, ensure_ascii=False)
                out.write("\n")
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        self.entries = entries
        self.problem = ""

    def _read(self) -> None:
        try:
            with self.path.open("rb") as content:
                raw = content.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                raise ValueError("it is far too large")
            entries = json.loads(raw)
            if not isinstance(entries, dict):
                raise ValueError("it holds no object")
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as problem:
            self.problem = f"{self.path} cannot be read ({problem}), so nothing of it holds."
            return
        self.entries = entries
