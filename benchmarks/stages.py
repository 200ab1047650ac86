"""Where the time goes: methods timed while they run."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any


class Stages:
    """Seconds spent and calls made in each stage since ``clear``. GPU work is waited for."""

    def __init__(self, device: str) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._device = device

    def watch(self, owner: Any, method: str, stage: str) -> None:
        """Count what ``owner.method`` takes as ``stage``, from now on."""
        plain = getattr(owner, method)

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                result = plain(*arguments, **options)
                self._finish()
                return result
            finally:
                self.seconds[stage] += time.perf_counter() - began
                self.calls[stage] += 1

        setattr(owner, method, timed)

    def clear(self) -> None:
        self.seconds.clear()
        self.calls.clear()

    def _finish(self) -> None:
        if self._device == "cuda":
            import torch

            torch.cuda.synchronize()


class Called:
    """A callable object under another name, so that its calls can be watched."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def run(self, *arguments: Any) -> Any:
        return self._wrapped(*arguments)

    def __call__(self, *arguments: Any) -> Any:
        return self.run(*arguments)


class Kept(Called):
    """A callable object that keeps what it returned last."""

    result: Any = None

    @property
    def wrapped(self) -> Any:
        return self._wrapped

    def run(self, *arguments: Any) -> Any:
        self.result = super().run(*arguments)
        return self.result
