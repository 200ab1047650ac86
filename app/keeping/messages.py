"""Items of a session and messages in the archive: what of the one becomes the other."""

from __future__ import annotations

from app.archive.records import MessageRecord, State
from app.conversation.history import Item, Status


def kept(item: Item) -> tuple[str, State]:
    """What is kept of ``item`` now, its words known: the text, and its state.

    Of a spoken reply that is what has begun to be heard, a phrase at a time, until all of it has been;
    of one that was stopped, it stays that.
    """
    text = item.text or ""
    if item.role != "assistant":
        return text, "completed"
    is_over = item.status != "in_progress" and not item.spoken.is_sounding
    if item.is_audio and (item.interrupted or not is_over):
        phrase = item.spoken.begun()
        text = text[: phrase.end] if phrase else ""
    if not is_over:
        return text, "in_progress"
    if item.interrupted:
        return text.rstrip(), "interrupted"
    return text, "failed" if item.error else "completed"


def as_item(message: MessageRecord) -> Item:
    """``message`` as a session's history holds it."""
    return Item(
        message.id,
        message.role,
        message.text,
        is_audio=message.is_audio,
        status=_STATUS[message.state],
        interrupted=message.state == "interrupted",
        error=message.error,
    )


_STATUS: dict[State, Status] = {
    "in_progress": "in_progress",
    "completed": "completed",
    "interrupted": "incomplete",
    "failed": "incomplete",
}
