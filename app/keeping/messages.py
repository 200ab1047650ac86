"""Items of a session and messages in the archive: what of the one becomes the other."""

from __future__ import annotations

from dataclasses import dataclass

from app.archive.records import MessageRecord, State
from app.conversation.history import Item, Status

#: What is said of a reply that is whole as far as it goes.
CUT_SHORT = "This answer was cut off at its longest length."


@dataclass(frozen=True)
class Kept:
    """What is kept of an item now."""

    text: str
    state: State
    error: str | None = None
    #: Of an interrupted reply, what else was written, and never heard.
    unheard: str = ""

    @classmethod
    def by(cls, message: MessageRecord) -> Kept:
        return cls(message.text, message.state, message.error, message.unheard)

    @property
    def is_nothing(self) -> bool:
        """Whether it is a reply that was stopped before anything of it was heard."""
        return self.state == "interrupted" and not self.text


def kept(item: Item) -> Kept:
    """What is kept of ``item`` now, its words known.

    Of a spoken reply that is what has begun to be heard, a phrase at a time, until all of it has been;
    of one that was stopped, it stays that.
    """
    text = item.text or ""
    if item.role != "assistant":
        return Kept(text, "completed", item.error)
    is_over = item.status != "in_progress" and not item.spoken.is_sounding
    if item.is_audio and (item.interrupted or not is_over):
        phrase = item.spoken.begun()
        text = text[: phrase.end] if phrase else ""
    if not is_over:
        return Kept(text, "in_progress", item.error)
    if item.interrupted:
        heard, written = text.rstrip(), (item.text or "") + item.unheard
        return Kept(heard, "interrupted", item.error, written[len(heard) :].rstrip())
    if item.error:
        return Kept(text, "failed", item.error)
    return Kept(text, "completed", CUT_SHORT if item.status == "incomplete" else None)


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
