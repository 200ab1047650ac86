"""Titles: a conversation's, from its first exchange, by itself."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable

from app.conversation.stop import StopFlag
from app.engines import Brain, EngineError, Message, ReplyCutShort
from app.keeping.quiet import Quiet
from app.models import Model, ModelNotReady

log = logging.getLogger(__name__)

#: Characters of a title.
LONGEST = 60

#: What is told of the question and of the answer, in characters.
_EXCERPT = 600
#: A model that reasons needs some for that.
_MAX_TOKENS = 300
#: Conversations that may wait for a title; and how often one is asked for where it was interrupted.
_MAX_WAITING = 50
_MAX_ATTEMPTS = 5

_PROMPT = (
    "Give the conversation that you are shown a title of two to six words, in its own language. "
    "Answer with the title alone: no quotes, no full stop."
)


def first_words(text: str) -> str:
    """The beginning of ``text``, in whole words, as a title."""
    words = " ".join(text.split())
    if len(words) <= LONGEST:
        return words.rstrip(".,;: ")
    whole, _, _ = words[:LONGEST].rpartition(" ")
    return f"{(whole or words[: LONGEST - 1]).rstrip('.,;: ')}…"


def cleaned(answer: str) -> str:
    """What a language model wrote for a title, as one; "" where it is none."""
    lines = [line for line in answer.splitlines() if line.strip()]
    title = re.sub(r"^\W*title\s*:\s*", "", lines[0], flags=re.IGNORECASE) if lines else ""
    title = re.sub(r"[*_#`]+", "", title).strip().strip("\"'“”„«»‘’").rstrip(".").strip()
    return first_words(title) if len(title) <= 2 * LONGEST else ""


class Titles:
    """Asks the brain for titles when nobody is being answered. A turn that begins ends the request, and
    it is made again later."""

    def __init__(self, brain: Model[Brain], quiet: Quiet, entitle: Callable[[str, str], None]) -> None:
        """``entitle`` is called with the conversation's id and its title."""
        self._brain = brain
        self._quiet = quiet
        self._entitle = entitle
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._thread: threading.Thread | None = None

    def wish(self, conversation_id: str, question: str, answer: str) -> None:
        """Find a title for that conversation. Never blocks."""
        with self._changed:
            if len(self._waiting) == _MAX_WAITING:
                self._waiting.popitem(last=False)
            self._waiting[conversation_id] = (question, answer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="titles", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                conversation_id, exchange = self._waiting.popitem(last=False)
            for _ in range(_MAX_ATTEMPTS):
                interruption = self._quiet.wait()
                title = self._ask(*exchange, interruption)
                if not interruption.is_set():
                    break
            if title:
                self._entitle(conversation_id, title)

    def _ask(self, question: str, answer: str, stop: StopFlag) -> str:
        brain = self._brain.loaded
        if brain is None or brain.is_demo:
            return ""
        exchange = f"Question: {question[:_EXCERPT]}\n\nAnswer: {answer[:_EXCERPT]}"
        messages = [Message("system", _PROMPT), Message("user", f"{exchange}\n\nTitle:")]
        text = ""
        try:
            with self._brain.use(stop) as brain:
                for piece in brain.reply(messages, stop, _MAX_TOKENS):
                    text += piece
        except ReplyCutShort:
            return ""  # it wrote no title, but an essay
        except (EngineError, ModelNotReady) as problem:
            log.debug("no title: %s", problem)
            return ""
        except Exception:
            log.exception("a title could not be found")
            return ""
        return cleaned(text)
