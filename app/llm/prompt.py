"""What the language model is told: how to speak, and as much of the conversation as fits."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import groupby

from app.engines import Message

#: For a model of 135 million parameters every further sentence makes the answers worse.
DEMO_PROMPT = "Answer briefly in plain words."

PROMPT = (
    "You are VOX, a voice assistant. Everything you write is spoken aloud to the person, so write the way "
    "people talk: short, plain sentences, the answer first. No markdown, no lists, no headings, no emoji, "
    "no links. Write numbers, units and abbreviations so that they are easy to say. Keep to a few sentences "
    "unless you are asked for more. What the person says was transcribed from speech and may hold mistakes; "
    "guess what was meant, and ask if you cannot."
)

#: Tokens that a message takes beside its text: role and separators.
MESSAGE_OVERHEAD = 8

#: What stands for the middle of a text that is too long to be told whole.
OMISSION = "\n[…]\n"

#: What takes a token in ASCII: three letters, a digit or sign, a space that begins no word.
_ASCII_TOKEN = re.compile(r"[A-Za-z]{1,3}|[!-@\[-`{-~]|\s(?![A-Za-z])")
#: Bytes of other scripts that take a token.
_BYTES_PER_TOKEN = 1.25


def system_prompt(instructions: str, tags: frozenset[str], is_demo: bool) -> str:
    """The system prompt: ``instructions`` if there are any, else VOX's own for spoken answers; and
    the sounds that the voice can make (``tags``, without brackets), if any."""
    prompt = instructions.strip() or (DEMO_PROMPT if is_demo else PROMPT)
    if not tags or is_demo:
        return prompt
    names = ", ".join(f"[{tag}]" for tag in sorted(tags))
    return f"{prompt} Your voice can make sounds. Where one fits, and rarely, write its tag: {names}."


def estimated_tokens(text: str) -> int:
    """About how many tokens ``text`` takes, rather too many than too few.

    Vocabularies differ and none is at hand, so this counts what a small one needs (SmolLM2's, with
    49,152 entries): English comes out about 1.4 times too long, other scripts up to twice.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    others = len(text.encode("utf-8", "replace")) - ascii_count
    return len(_ASCII_TOKEN.findall(text)) + math.ceil(others / _BYTES_PER_TOKEN)


def fit(messages: Sequence[Message], context_tokens: int, max_reply_tokens: int) -> list[Message]:
    """The system prompt and the newest messages that leave room for the reply.

    The oldest are dropped first, and what is left of the conversation never begins with the
    assistant. A system prompt, or a last message, that alone is too long keeps its beginning and its
    end. Many chat templates know one system prompt and insist on taking turns: system messages are
    joined into one, as are neighbours of the same role, and empty messages are left out.
    """
    # A reply that may be longer than the window still leaves half of it to the prompt.
    room = max(context_tokens - max_reply_tokens, context_tokens // 2)
    told = [message for message in messages if message.text.strip()]
    system = _joined([message for message in told if message.role == "system"])
    system = [_shortened(message, room // 2) for message in system]
    room -= sum(map(_cost, system))
    kept: list[Message] = []
    for message in reversed(_joined([message for message in told if message.role != "system"])):
        if _cost(message) > room and kept:
            break
        kept.insert(0, _shortened(message, room))
        room -= _cost(kept[0])
    if kept and kept[0].role == "assistant":
        kept.pop(0)
    return system + kept


def _joined(messages: Sequence[Message]) -> list[Message]:
    """``messages`` with neighbours of the same role made one."""
    return [
        Message(role, "\n".join(message.text for message in group))
        for role, group in groupby(messages, key=lambda message: message.role)
    ]


def _cost(message: Message) -> int:
    return estimated_tokens(message.text) + MESSAGE_OVERHEAD


def _shortened(message: Message, room: int) -> Message:
    """``message``, its middle left out if it takes more than ``room`` tokens."""
    text, kept = message.text, len(message.text)
    while kept and _cost(message) > room:
        kept = min(kept - 1, kept * room // _cost(message)) if room > 0 else 0
        message = Message(message.role, text[: (kept + 1) // 2] + OMISSION + text[len(text) - kept // 2 :])
    return message
