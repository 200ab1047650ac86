"""The words for a model's life, and what can be wrong with it."""

from __future__ import annotations

from enum import Enum
from typing import Literal

Kind = Literal["tts", "stt", "llm"]

#: How the page names each kind of model.
NAMES: dict[Kind, str] = {"stt": "The transcriber", "llm": "The language model", "tts": "The voice"}


class State(str, Enum):
    UNLOADED = "unloaded"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelNotReady(Exception):
    """The model cannot be used now; the message is a sentence for the person."""


class ModelBusy(Exception):
    """The model is in use and cannot be unloaded now; the message is a sentence for the person."""
