"""What went wrong with a language model's server, as sentences that say what to start or set."""

from __future__ import annotations

from collections.abc import Sequence

#: Longest text of a server's own that is passed on, in characters.
_MAX_QUOTE = 200


def unreachable(url: str) -> str:
    return f"No language model answers at {url}. Start it, or set VOX_LLM_URL."


def no_language_model(url: str) -> str:
    return f"Something answers at {url}, but not as a language model. Check VOX_LLM_URL."


def no_models(url: str) -> str:
    return (
        f"The server at {url} lists no model that chats. Set VOX_LLM_MODEL to one that it has, or check "
        "VOX_LLM_URL."
    )


def silent(url: str, seconds: float) -> str:
    return (
        f"The language model at {url} has sent nothing for {seconds:g} seconds. "
        "Look at its log, restart it if need be, then ask again."
    )


def broke_off(url: str) -> str:
    return (
        f"The language model at {url} broke off in the middle of its reply. Look at its log, then ask again."
    )


def key_refused(url: str, key: str) -> str:
    if key:
        return f"The server at {url} does not accept the key in VOX_LLM_KEY."
    return f"The server at {url} wants a key. Set VOX_LLM_KEY."


def no_such_model(url: str, model: str, available: Sequence[str]) -> str:
    if not available:
        return f"The server at {url} has no model {model!r}. Set VOX_LLM_MODEL to one that it has."
    return f"The server at {url} has no model {model!r}. Set VOX_LLM_MODEL to one of: {', '.join(available)}."


def nothing_but_reasoning(max_tokens: int) -> str:
    return (
        f"The language model used up its {max_tokens} tokens before it said anything. "
        "Raise VOX_MAX_REPLY_TOKENS, or choose a model that does not reason first."
    )


def refused(url: str, status: int | None, message: str) -> str:
    """``message`` is the server's own, ``status`` its HTTP status if there was one."""
    if _is_about_length(message):
        return (
            "The conversation is longer than the language model's context window. Set VOX_LLM_CONTEXT to its "
            "size in tokens, or begin a new conversation."
        )
    code = f" ({status})" if status else ""
    return f"The language model at {url} answered with an error{code}: {_quote(message)}"


def _is_about_length(message: str) -> bool:
    text = message.lower()
    return "context" in text and any(word in text for word in ("exceed", "length", "too long", "size"))


def _quote(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= _MAX_QUOTE else f"{text[:_MAX_QUOTE]}…"
