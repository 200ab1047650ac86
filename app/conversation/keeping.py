"""Whoever keeps what is said in a session, as the session sees them.

The conversation knows nothing of databases and files: it tells what happens, and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from app.conversation.events import new_id
from app.conversation.stop import StopFlag
from app.engines import Samples

if TYPE_CHECKING:
    from app.conversation.history import History, Item


class Keeping(Protocol):
    """Told in the order in which things happen, with the session's lock held. No call may block or
    raise."""

    def put(self, item: Item, history: History) -> None:
        """``item`` has come into ``history``, or is no longer what it was. Its words may not be known
        yet; those of a reply under way go on coming without a further call."""

    def removed(self, item_id: str) -> None:
        """The item is gone, if it was ever there."""

    def sounded(self, item: Item, sound: Samples, rate: int) -> None:
        """A further piece of the item's sound, at ``rate`` Hz."""

    def voice_chosen(self, voice: str) -> None:
        """The session speaks with that voice from now on; "" is the default one."""

    def answering(self, over: StopFlag) -> None:
        """A turn has begun, and is over once the flag is set."""

    def close(self) -> None:
        """The session is over: nothing more comes."""


class NotKept:
    """Keeps nothing."""

    def put(self, item: Item, history: History) -> None: ...

    def removed(self, item_id: str) -> None: ...

    def sounded(self, item: Item, sound: Samples, rate: int) -> None: ...

    def voice_chosen(self, voice: str) -> None: ...

    def answering(self, over: StopFlag) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Opened:
    """The conversation that a session goes on with: by default a new one that nobody keeps."""

    id: str = field(default_factory=lambda: new_id("conv"))
    items: Sequence[Item] = ()
    #: The voice it is held in; "" is the default one.
    voice: str = ""
    keeping: Keeping = field(default_factory=NotKept)
