"""A reply that nobody hears, given before the first one that somebody waits for.

The first event of each kind takes pydantic some milliseconds to prepare.
"""

from __future__ import annotations

import threading

import numpy as np
from pydantic import BaseModel

from app.conversation.config import OUTPUT_RATE
from app.conversation.history import History
from app.conversation.reply import Reply
from app.tts.phrases import cut_phrases


def rehearse() -> None:
    reply = Reply(_Nobody(), History(), threading.RLock(), "audio")
    reply.add_text("Nobody hears this.")
    for index, phrase in enumerate(cut_phrases([reply.transcript])):
        reply.add_sound(index, phrase, np.zeros(OUTPUT_RATE // 10, np.float32))
    reply.end("completed")


class _Nobody:
    """Is told as a client is."""

    def send(self, event: BaseModel) -> None:
        event.model_dump_json(exclude_unset=True, warnings=False)

    def forget(self, response_id: str) -> None: ...
