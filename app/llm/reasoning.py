"""Reasoning: what a model thinks before it answers, kept out of the reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_NAMES = ("think", "thinking", "reasoning")
_TAGS = frozenset(f"{start}{name}>" for name in _NAMES for start in ("<", "</"))
_BEGINNINGS = frozenset(tag[:length] for tag in _TAGS for length in range(1, len(tag)))

#: White space held until it is known whether a block follows; of a longer run the first is let go.
_MAX_SPACES = 16


def without_reasoning(pieces: Iterable[str], *, opened: bool = False) -> Iterator[str]:
    """The streamed text ``pieces`` without what stands between ``<think>`` and ``</think>``.

    ``<thinking>`` and ``<reasoning>`` are left out likewise, in any case, wherever the text is
    cut. Held back are only spaces and what may still become a tag. Reasoning that never closes
    is dropped to the end. A tag written as code (`` `<think>` ``) is text.

    The templates of some models (DeepSeek-R1, Qwen3-Thinking) open the block in the prompt, so
    that their text begins with reasoning and only ``</think>`` is seen. Whoever knows this says
    ``opened``. Without it a lone closing tag is dropped and the text before it stays: it has
    been passed on by then, and holding back every reply until its end would cost far more.
    """
    reasoning = _ReasoningFilter(opened)
    for piece in pieces:
        if text := "".join(map(reasoning.take, piece)):
            yield text
    if text := reasoning.finish():
        yield text


class _ReasoningFilter:
    """Takes one character at a time, so that how a text was cut cannot change what comes out."""

    def __init__(self, opened: bool) -> None:
        self._thinking = opened
        self._tag = ""  # the beginning of what may be a tag
        self._spaces = ""  # white space, held until it is known whether a block follows
        self._last = ""  # the last visible character
        self._after_block = opened

    def take(self, char: str) -> str:
        """What can be passed on once ``char`` is known."""
        if not self._tag:
            if char == "<" and (self._thinking or self._spaces or self._last != "`"):
                self._tag = char
                return ""
            return self._pass_on(char)
        tag = (self._tag + char).lower()
        if tag in _TAGS:
            self._tag = ""
            self._thinking = tag[1] != "/"
            self._after_block = True
            return ""
        if tag in _BEGINNINGS:
            self._tag += char
            return ""
        text, self._tag = self._tag, ""
        return self._pass_on(text) + self.take(char)

    def finish(self) -> str:
        """What is still held back at the end of the text."""
        if self._thinking:
            return ""
        return self._pass_on(self._tag) if self._tag else self._spaces

    def _pass_on(self, text: str) -> str:
        if self._thinking:
            return ""
        if text.isspace():
            # A block leaves the white space on one of its sides, and none at the text's beginning.
            if self._after_block and (self._spaces or not self._last):
                return ""
            spaces = self._spaces + text
            self._spaces = spaces[-_MAX_SPACES:]
            return spaces[:-_MAX_SPACES]
        spaces = "" if self._after_block and not self._last else self._spaces
        self._spaces = ""
        self._after_block = False
        self._last = text[-1]
        return spaces + text
