"""How many wrong tokens each address has tried of late."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict


class Guesses:
    """The wrong tokens tried of late from each address.

    Different ones are counted, so that a page left open with an old token, which tries it again
    and again, does not lock its owner out.
    """

    LIMIT = 10
    WINDOW = 60.0
    ADDRESSES = 1000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tried: OrderedDict[str, dict[int, float]] = OrderedDict()

    def note(self, address: str, token: str) -> None:
        with self._lock:
            self._tried.setdefault(address, {})[hash(token)] = time.monotonic()
            self._tried.move_to_end(address)
            if len(self._tried) > self.ADDRESSES:
                self._tried.popitem(last=False)

    def are_too_many(self, address: str, token: str) -> bool:
        """Whether ``token`` would be one guess too many from ``address``."""
        with self._lock:
            since = time.monotonic() - self.WINDOW
            recent = {tried: at for tried, at in self._tried.get(address, {}).items() if at > since}
            if address in self._tried:
                self._tried[address] = recent
            return len(recent) >= self.LIMIT and hash(token) not in recent
