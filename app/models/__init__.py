"""The life of a model: unloaded, loading (with progress), ready, failed; who uses it, changing it for
another, and letting it go."""

from __future__ import annotations

from app.models.life import Model
from app.models.states import NAMES, Kind, ModelBusy, ModelNotReady, State
from app.models.together import Models

__all__ = ["NAMES", "Kind", "Model", "ModelBusy", "ModelNotReady", "Models", "State"]
